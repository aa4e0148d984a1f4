#include "curate/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "data/error_of.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

const OrderedJson kSettings = {{"pairs", "x"}};
const ShardEntry kEntry{"shard-000000.tar", 3, 4096, 5, 2, 170};

TEST(Manifest, IsReadBackAsWritten) {
  const std::string text = manifest_head(kSettings) + manifest_line(kEntry) + manifest_end(7);
  const Manifest manifest = parse_manifest(text, "m");
  EXPECT_EQ(manifest.settings, kSettings);
  ASSERT_EQ(manifest.shards.size(), 1u);
  EXPECT_EQ(manifest.shards[0].name, kEntry.name);
  EXPECT_EQ(manifest.shards[0].next, 5);
  EXPECT_EQ(manifest.shards[0].dropped_bytes, 170);
  EXPECT_TRUE(manifest.complete);
  EXPECT_EQ(manifest.dropped, 7);
  EXPECT_EQ(manifest.bytes, text.size());
}

TEST(Manifest, ALineCutShortStandsForNothing) {
  const std::string whole = manifest_head(kSettings) + manifest_line(kEntry);
  const std::string more = manifest_line(kEntry);
  for (size_t cut = 0; cut < more.size(); ++cut) {
    const Manifest manifest = parse_manifest(whole + more.substr(0, cut), "m");
    EXPECT_EQ(manifest.shards.size(), 1u);
    EXPECT_EQ(manifest.bytes, whole.size());
  }
}

TEST(Manifest, RefusesWhatItNeverWrites) {
  const std::string head = manifest_head(kSettings);
  const auto message = [](const std::string& text) {
    return std::string(error_of([&] { parse_manifest(text, "m"); }).what());
  };
  EXPECT_THAT(message(""), HasSubstr("m: expected a first line"));
  EXPECT_THAT(message("{}\n"), HasSubstr("m: line 1"));
  EXPECT_THAT(message("nonsense\n"), HasSubstr("m: line 1"));
  EXPECT_THAT(message(head + "{}\n"), HasSubstr("m: line 2: expected a \"shard\""));
  EXPECT_THAT(message(head + R"({"shard":"a/b"})" + "\n"), HasSubstr("no name of a file"));
  EXPECT_THAT(message(head + R"({"shard":"a","samples":-1})" + "\n"), HasSubstr("whole number \"samples\""));
  EXPECT_THAT(message(head + R"({"shard":"a","samples":1.5})" + "\n"), HasSubstr("whole number \"samples\""));
  EXPECT_THAT(message(head + R"({"complete":true})" + "\n"), HasSubstr("whole number \"dropped\""));
  EXPECT_THAT(message(head + manifest_end(0) + manifest_line(kEntry)), HasSubstr("m: line 3"));
}

}  // namespace
}  // namespace clipkit
