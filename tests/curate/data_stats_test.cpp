#include "clipkit/curate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "clipkit/error.h"
#include "curate/written_pairs.h"
#include "data/error_of.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::made_picture;
using testing::TemporaryFolder;
using testing::write_pairs;

void write_sample(const std::filesystem::path& folder) {
  std::string half = made_picture(20, 20, 9);
  half.resize(half.size() / 2);
  write_pairs(folder, {{"a", made_picture(10, 20, 1), "a dog\nanother dog on the beach\n"},
                       {"b", made_picture(30, 20, 2), "a cat"},
                       {"c", made_picture(10, 20, 1), "a cat"},
                       {"d", half, "half a picture"},
                       {"e", made_picture(50, 10, 3), "not \xFF UTF-8"},
                       {"f", made_picture(40, 40, 4), std::string(200, 'x') + " y z!"}});
  write_file(folder / "alone.ppm", made_picture(4, 4, 5));
}

TEST(DataStats, CountsWhatIsThere) {
  const TemporaryFolder folder;
  write_sample(folder.path());
  const DataStats s = data_stats({.pairs = folder.path().string()});
  EXPECT_EQ(s.pairs, 6);
  ASSERT_EQ(s.formats.size(), 1u);
  EXPECT_EQ(s.formats[0].what, "ppm");
  EXPECT_EQ(s.formats[0].count, 5);
  EXPECT_EQ(s.width.count, 5);
  EXPECT_EQ(s.width.min, 10);
  EXPECT_EQ(s.width.median, 30);
  EXPECT_EQ(s.width.max, 50);
  EXPECT_EQ(s.height.min, 10);
  EXPECT_EQ(s.aspect.min, 1);
  EXPECT_EQ(s.aspect.max, 5);
  EXPECT_EQ(s.captions.max, 2);
  EXPECT_EQ(s.caption_words.count, 6);
  EXPECT_EQ(s.caption_words.median, 2);
  EXPECT_EQ(s.caption_tokens.count, 5);
  EXPECT_EQ(s.invalid_captions.count, 1);
  ASSERT_EQ(s.unreadable.size(), 1u);
  EXPECT_EQ(s.unreadable[0].count, 1);
  EXPECT_THAT(s.unreadable[0].examples.at(0), HasSubstr("truncated"));
  EXPECT_EQ(s.duplicate_pictures.count, 1);
  EXPECT_THAT(s.duplicate_pictures.examples.at(0), HasSubstr("c.ppm is "));
  EXPECT_EQ(s.same_captions.count, 1);
  ASSERT_EQ(s.left_out.size(), 1u);
  EXPECT_EQ(s.left_out[0].count, 1);
}

TEST(DataStats, DoNotDependOnThreads) {
  const TemporaryFolder folder;
  write_sample(folder.path());
  const std::string one = to_json(data_stats({.pairs = folder.path().string(), .threads = 1}));
  EXPECT_EQ(to_json(data_stats({.pairs = folder.path().string(), .threads = 7})), one);
  const Json json = parse_json(one, "stats");
  EXPECT_EQ(json["formats"]["ppm"]["count"], 5);
  EXPECT_EQ(json["width"]["histogram"][0], Json::parse("[10.0, 11.0, 2]"));
}

TEST(DataStats, ReportIsAPageWithAPlotOfEachNumber) {
  const TemporaryFolder folder;
  write_sample(folder / "pairs");
  write_stats_report(folder / "r.html", data_stats({.pairs = (folder / "pairs").string()}), "what <is> there");
  const std::string page = read_file(folder / "r.html", 1 << 20);
  EXPECT_THAT(page, HasSubstr("what &lt;is&gt; there"));
  size_t plots = 0;
  for (size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1)) ++plots;
  EXPECT_EQ(plots, 7u);
}

TEST(DataStats, StopWhenAsked) {
  const TemporaryFolder folder;
  write_sample(folder.path());
  const Error error = error_of([&] { data_stats({.pairs = folder.path().string()}, {.stop = [] { return true; }}); });
  EXPECT_EQ(error.code(), ErrorCode::kCancelled);
}

TEST(DataStats, RefuseWhatMakesNoSense) {
  const TemporaryFolder folder;
  write_sample(folder.path());
  EXPECT_EQ(error_of([&] { data_stats({}); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { data_stats({.pairs = folder.path().string(), .threads = -1}); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { data_stats({.pairs = folder.path().string(), .csv_separator = "::"}); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { data_stats({.pairs = (folder / "none.csv").string()}); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace clipkit
