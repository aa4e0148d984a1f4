#include "eval/zero_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "data/sets/set_tree.h"
#include "eval/made_set.h"
#include "report/well_formed.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_set;
using testing::MadeEncoder;
using testing::markup_error;
using testing::reader_of;
using ::testing::SizeIs;
using testing::TemporaryFolder;

ZeroShotResult run(const LabelledSet& set, const ZeroShotOptions& options = {},
                   const std::filesystem::path& cache = {}) {
  const MadeEncoder made;
  return run_zero_shot(options, set, made.encoder, 10, cache, {.version = "1", .command = "test", .model = "made"}, {});
}

TEST(ZeroShot, IsRightWherePictureAndWordAgree) {
  LabelledSet set = made_set(60);
  reader_of(set).wrong = {0, 4};
  reader_of(set).damaged = {7};
  const ZeroShotResult result = run(set);
  EXPECT_EQ(result.origin.pictures, 59);
  ASSERT_THAT(result.origin.unreadable, SizeIs(1));
  EXPECT_THAT(result.origin.unreadable[0].reason, HasSubstr("damaged"));
  EXPECT_DOUBLE_EQ(result.scores.top1.value, 57.0 / 59);
  EXPECT_EQ(result.prompts, 6);
  EXPECT_THAT(result.templates, ElementsAre("a {} picture", "{}"));
  ASSERT_THAT(result.mistakes, SizeIs(2));
  for (const auto& mistake : result.mistakes) {
    EXPECT_EQ(mistake.predicted, (mistake.right + 1) % 3);
    EXPECT_GT(mistake.probability_predicted, mistake.probability_right);
    EXPECT_TRUE(mistake.file.starts_with("\x89PNG"));
  }
}

TEST(ZeroShot, TakesOtherWords) {
  const LabelledSet set = made_set(30);
  ZeroShotOptions options;
  options.class_names = {{"green"}, {"blue"}, {"red"}};
  options.templates = {"{}!"};
  const ZeroShotResult result = run(set, options);
  EXPECT_EQ(result.scores.top1.value, 0);
  EXPECT_EQ(result.scores.classes[0].name, "green");
  EXPECT_EQ(result.scores.classes[0].most_confused, 2);
  EXPECT_EQ(result.origin.prompts_sha256.size(), 64u);
  EXPECT_NE(result.origin.prompts_sha256, run(set).origin.prompts_sha256);
}

TEST(ZeroShot, CountsTextsThatAreCutOff) {
  EXPECT_EQ(run(made_set(3)).origin.cut_texts, 0);
  ZeroShotOptions options;
  options.templates = {"a {} picture", "{} as nothing else is, on a picture that is longer than the context"};
  const ZeroShotResult result = run(made_set(3), options);
  EXPECT_EQ(result.origin.cut_texts, 3);
  EXPECT_EQ(parse_json(to_json(result), "result")["origin"]["cut_texts"], 3);
}

TEST(ZeroShot, TakesSentencesForEachClass) {
  const TemporaryFolder folder;
  write_file(folder / "prompts.json",
             R"({"blue": ["blue like the sea"], "red": ["red", "redder"], "green": ["green"]})");
  ZeroShotOptions options;
  options.prompts = folder / "prompts.json";
  const ZeroShotResult result = run(made_set(30), options);
  EXPECT_EQ(result.scores.top1.value, 1);
  EXPECT_EQ(result.prompts, 4);
  EXPECT_TRUE(result.templates.empty());
}

TEST(ZeroShot, RefusesWordsThatDoNotFitTheSet) {
  ZeroShotOptions options;
  options.class_names = {{"green"}};
  EXPECT_THROW(run(made_set(3), options), Error);
  options = {};
  options.templates = {"a picture"};
  EXPECT_THROW(run(made_set(3), options), Error);
  options.prompts = "prompts.json";
  EXPECT_THROW(run(made_set(3), options), Error) << "templates and prompts";
}

TEST(ZeroShot, GivesTheSameFromTheCache) {
  const TemporaryFolder folder;
  LabelledSet set = made_set(60);
  reader_of(set).wrong = {0, 4};
  const std::string first = to_json(run(set, {}, folder.path())), again = to_json(run(set, {}, folder.path()));
  EXPECT_EQ(first, again);
  EXPECT_EQ(first, to_json(run(set)));
}

TEST(ZeroShot, OpensEveryTestSplitUnlessOneIsNamed) {
  testing::SetTree tree;
  for (const std::string fold : {"01", "02", "03"}) {
    tree.put("ucfTrainTestlist/testlist" + fold + ".txt", "YoYo/v_YoYo_g" + fold + "_c01.avi\n");
    tree.put("ucfTrainTestlist/trainlist" + fold + ".txt", "YoYo/v_YoYo_g08_c" + fold + ".avi 101\n");
  }
  EvalInput input;
  input.data = "ucf101:" + tree.path();
  const std::vector<LabelledSet> splits = open_test_splits(input);
  ASSERT_THAT(splits, SizeIs(3));
  EXPECT_EQ(splits[2].split, "test3");
  input.split = "test2";
  ASSERT_THAT(open_test_splits(input), SizeIs(1));
  EXPECT_EQ(open_test_splits(input)[0].split, "test2");
}

TEST(ZeroShot, GivesTheMeanOfTestSplits) {
  const TemporaryFolder folder;
  std::vector<LabelledSet> splits;
  for (int i = 0; i < 2; ++i) splits.push_back(made_set(30));
  splits[1].split = "test2";
  reader_of(splits[0]).damaged = {7};
  reader_of(splits[1]).damaged = {7, 8};
  reader_of(splits[1]).wrong = {0, 1, 2, 3, 4, 5, 6};
  const MadeEncoder made;
  const ZeroShotResult result = run_zero_shot_folds({}, splits, made.encoder, 10, {}, {.command = "test"}, {});
  ASSERT_THAT(result.folds, SizeIs(2));
  EXPECT_EQ(result.folds[1].test_split, "test2");
  EXPECT_NE(result.folds[1].test_sha256, result.folds[0].test_sha256);
  EXPECT_DOUBLE_EQ(result.folds[1].score, 0.75);
  EXPECT_DOUBLE_EQ(result.over_folds.value, 0.875);
  EXPECT_DOUBLE_EQ(result.scores.score.value, 1) << "the first one's";
  EXPECT_THAT(result.origin.unreadable, SizeIs(2)) << "each once, those of the second split too";
  write_eval_report(folder / "out", result);
  EXPECT_THAT(read_file(folder / "out/index.html", 1 << 24), HasSubstr("Everything below is of the first fold"));
  const Json json = read_json(folder / "out/result.json");
  EXPECT_EQ(json["over_folds"]["value"], 0.875);
  EXPECT_EQ(json["folds"][1]["test"], "test2");
}

TEST(ZeroShot, WritesAPageAndJson) {
  const TemporaryFolder folder;
  LabelledSet set = made_set(60);
  set.classes[0] = {"red & <blue>"};
  reader_of(set).wrong = {0, 4};
  reader_of(set).damaged = {7};
  const ZeroShotResult result = run(set);
  write_eval_report(folder / "out", result);
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  const size_t body = page.find("<body>");
  EXPECT_EQ(markup_error(page.substr(body, page.find("</html>") - body)), "");
  for (const char* part : {"surest mistakes", "Confusion matrix", "Calibration", "Classes, the worst first", "SHA-256",
                           "1 pictures that cannot be read", "red &amp; &lt;blue&gt;"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  const Json json = read_json(folder / "out/result.json");
  EXPECT_EQ(json["task"], "zero-shot");
  EXPECT_EQ(json["origin"]["command"], "test");
  EXPECT_EQ(json["origin"]["unreadable"].size(), 1U);
  EXPECT_NEAR(json["scores"]["score"]["value"].get<double>(), result.scores.score.value, 1e-15);
}

}  // namespace
}  // namespace clipkit
