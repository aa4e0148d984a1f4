#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "clipkit/curate.h"
#include "clipkit/error.h"
#include "curate/written_pairs.h"
#include "data/error_of.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;
using testing::made_picture;
using testing::TemporaryFolder;

// Names and bytes of a folder's files.
std::map<std::string, std::string> content_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path(), 1 << 20);
  }
  return files;
}

class PackPairs : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<testing::WrittenPair> pairs;
    for (int i = 10; i < 30; ++i) {
      pairs.push_back({concat("p", i), made_picture(4, 4, i), i % 2 == 0 ? "one" : "one\nand another"});
    }
    pairs[7].picture = "no picture";
    pairs[19].picture = "nor this";
    testing::write_pairs(folder_ / "in", pairs);
    options_ = {.input = {.pairs = (folder_ / "in").string()},
                .output = {.folder = folder_ / "out", .shard_samples = 5}};
  }
  const TemporaryFolder folder_;
  PackOptions options_;
};

TEST_F(PackPairs, WritesThemAsTheyAre) {
  const PackSummary summary = pack_pairs(options_);
  EXPECT_EQ(summary.pairs, 20);
  EXPECT_EQ(summary.written, 18);
  EXPECT_EQ(summary.dropped, 2);
  EXPECT_EQ(summary.shards, 4);
  const auto in = open_pairs(options_.input.pairs), out = open_pairs((folder_ / "out").string());
  ASSERT_EQ(out->size(), 18);
  for (int64_t i = 0; i < out->size(); ++i) {
    const EncodedPair from = in->read(i < 7 ? i : i + 1), to = out->read(i);
    EXPECT_EQ(to.picture, from.picture);
    EXPECT_EQ(to.captions, from.captions);
  }
  const std::string dropped = content_of(folder_ / "out")["dropped.jsonl"];
  EXPECT_THAT(dropped, HasSubstr(R"({"sample":7,"rule":"unreadable","reason":"p17.ppm: not a picture)"));
  EXPECT_THAT(dropped, HasSubstr(R"({"sample":19,)"));
}

TEST_F(PackPairs, GoesOnAfterAStopAtAnyShardToTheSameBytes) {
  pack_pairs(options_);
  const auto expected = content_of(folder_ / "out");
  for (int kept = 0; kept <= 4; ++kept) {
    // What a killed run leaves: some shards, one that the manifest does not know yet, and lines that lead too far.
    options_.output.folder = folder_ / concat("out", kept);
    fs::copy(folder_ / "out", options_.output.folder);
    for (int i = kept + 1; i < 4; ++i) fs::remove(options_.output.folder / concat("shard-00000", i, ".tar"));
    size_t end = 0;
    const std::string& manifest = expected.at("manifest.jsonl");
    for (int i = 0; i <= kept; ++i) end = manifest.find('\n', end) + 1;
    std::string cut = manifest.substr(0, end);
    if (kept % 2 == 0) cut += manifest.substr(end, 20);
    write_file(options_.output.folder / "manifest.jsonl", cut);
    options_.output.resume = true;
    const PackSummary summary = pack_pairs(options_);
    EXPECT_EQ(summary.written, 18);
    EXPECT_EQ(summary.dropped, 2);
    EXPECT_EQ(content_of(options_.output.folder), expected) << kept;
    EXPECT_EQ(pack_pairs(options_).dropped, 2) << "nothing to do";
    EXPECT_EQ(content_of(options_.output.folder), expected) << kept;
  }
}

TEST_F(PackPairs, ResumeBeginsWhereNothingIsThere) {
  options_.output.resume = true;
  EXPECT_EQ(pack_pairs(options_).written, 18);
}

TEST_F(PackPairs, TakesTheFirstPairsAlone) {
  options_.max_pairs = 8;
  const PackSummary summary = pack_pairs(options_);
  EXPECT_EQ(summary.pairs, 8);
  EXPECT_EQ(summary.written, 7);
  EXPECT_EQ(summary.shards, 2);
}

TEST_F(PackPairs, StopsWhenAskedAndCanBeResumed) {
  EXPECT_EQ(error_of([&] { pack_pairs(options_, {.stop = [] { return true; }}); }).code(), ErrorCode::kCancelled);
  options_.output.resume = true;
  EXPECT_EQ(pack_pairs(options_).written, 18);
}

TEST_F(PackPairs, NeverWritesOverWhatIsThere) {
  pack_pairs(options_);
  const auto expected = content_of(folder_ / "out");
  EXPECT_THAT(error_of([&] { pack_pairs(options_); }).what(), HasSubstr("is not empty"));
  options_.output.resume = true;
  options_.output.shard_samples = 6;
  EXPECT_THAT(error_of([&] { pack_pairs(options_); }).what(), HasSubstr("other settings"));
  options_.output.shard_samples = 5;
  write_file(folder_ / "in" / "p99.ppm", made_picture(4, 4, 0));
  write_file(folder_ / "in" / "p99.txt", "one more");
  EXPECT_THAT(error_of([&] { pack_pairs(options_); }).what(), HasSubstr("other settings"));
  EXPECT_EQ(content_of(folder_ / "out"), expected);
  options_.output.folder = folder_ / "in";
  EXPECT_THAT(error_of([&] { pack_pairs(options_); }).what(), HasSubstr("other files"));
}

TEST_F(PackPairs, SaysWhichFileIsNotAsTheManifestHasIt) {
  pack_pairs(options_);
  options_.output.resume = true;
  write_file(folder_ / "out/shard-000001.tar", "short");
  const Error error = error_of([&] { pack_pairs(options_); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("shard-000001.tar: has 5 bytes"));
  fs::remove(folder_ / "out/shard-000001.tar");
  EXPECT_EQ(error_of([&] { pack_pairs(options_); }).code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace clipkit
