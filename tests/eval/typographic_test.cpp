#include "eval/typographic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::made_set;
using testing::MadeEncoder;
using testing::reader_of;
using testing::TemporaryFolder;

// An encoder that sees the mean colour of 32 x 32 px: words take some of it away.
TypographicResult attack(const LabelledSet& set, const TypographicOptions& options = {},
                         const std::filesystem::path& cache = {}) {
  MadeEncoder made;
  made.encoder.preprocess.height = made.encoder.preprocess.width = 32;
  made.encoder.encode_pixels = [](TensorView pixels, Output) {
    Tensor rows = Tensor::zeros({pixels.shape()[0], 3});
    for (int64_t i = 0; i < pixels.shape()[0]; ++i) {
      const auto values = pixels.row<float>(i);
      float mean[3] = {};
      for (size_t d = 0; d < values.size(); ++d) mean[d / 1024] += (values[d] + 2) / 1024;
      for (size_t c = 0; c < 3; ++c) rows.row<float>(i)[c] = mean[c];
    }
    return rows;
  };
  return run_typographic(options, set, made.encoder, 10, cache, {.version = "1", .command = "test"}, {});
}

TEST(Typographic, WritesAnyWrongClassAndNoOther) {
  std::vector<int> counts(5);
  for (int64_t i = 0; i < 4000; ++i) ++counts[static_cast<size_t>(wrong_class({{1}, {3}}, 5, 7, i))];
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(counts[3], 0);
  // Three classes, 4000 draws: deviation 30.
  for (const size_t c : {0, 2, 4}) EXPECT_NEAR(counts[c], 4000.0 / 3, 150);
  EXPECT_EQ(wrong_class({{0}}, 1, 7, 0), -1);
  EXPECT_NE(wrong_class({{0}}, 1000, 7, 0), wrong_class({{0}}, 1000, 8, 0));
}

TEST(Typographic, ComparesTheSamePicturesWithAndWithoutWords) {
  LabelledSet set = made_set(60);
  reader_of(set).wrong = {0, 4};
  reader_of(set).damaged = {7};
  const TypographicResult result = attack(set);
  EXPECT_EQ(result.origin.pictures, 59);
  EXPECT_EQ(result.origin.unreadable.size(), 1U);
  EXPECT_DOUBLE_EQ(result.before.value, 57.0 / 59);
  EXPECT_LE(result.word_before.value, 2.0 / 59) << "the two wrong ones, if their word happens to be their colour";
  EXPECT_GE(result.word_after.value, 0);
  EXPECT_LE(result.after.low, result.after.value);
  EXPECT_EQ(result.classes.size(), 3U);
}

TEST(Typographic, GivesTheSameFromTheCacheAndOthersForOtherSeeds) {
  const TemporaryFolder folder;
  const LabelledSet set = made_set(30);
  TypographicOptions options;
  const std::string first = to_json(attack(set, options, folder.path()));
  EXPECT_EQ(first, to_json(attack(set, options, folder.path())));
  EXPECT_EQ(first, to_json(attack(set, options)));
  options.seed = 1;
  EXPECT_EQ(parse_json(to_json(attack(set, options, folder.path())), "result")["seed"], 1);
}

TEST(Typographic, NeedsTwoClasses) {
  LabelledSet set = made_set(3, 1);
  EXPECT_THROW(attack(set), Error);
}

TEST(Typographic, WritesAPageWithTheFooled) {
  const TemporaryFolder folder;
  TypographicResult result = attack(made_set(30));
  result.pictures.push_back({.picture = "p", .file = encode_png(Image{.width = 1, .height = 1, .pixels = {1, 2, 3}})});
  result.pictures.back().written = 2;
  write_eval_report(folder / "out", result);
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(testing::markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part :
       {"accuracy with the words", "Right answers that became the word", "seed of the words", "blue"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(read_json(folder / "out/result.json")["task"], "typographic");
}

}  // namespace
}  // namespace clipkit
