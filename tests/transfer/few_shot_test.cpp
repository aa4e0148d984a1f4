#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/compute_thread.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "support/temporary_folder.h"
#include "support/tensors.h"
#include "transfer/few_shot_heads.h"
#include "transfer/few_shot_run.h"
#include "transfer/linear_probe.h"

namespace clipkit {
namespace {

using testing::made_set;
using testing::MadeEncoder;
using testing::reader_of;
using ::testing::SizeIs;

TEST(DrawShots, HoldsFewerInMoreAndDependsOnTheSeed) {
  std::vector<int32_t> classes;
  for (int i = 0; i < 40; ++i) classes.push_back(i % 2);
  const std::vector<std::string> titles = {"a", "b"};
  const std::vector<int64_t> two = draw_shots(classes, titles, 2, 1), four = draw_shots(classes, titles, 4, 1);
  ASSERT_THAT(two, SizeIs(4));
  ASSERT_THAT(four, SizeIs(8));
  const std::set<int64_t> in_four(four.begin(), four.end());
  for (const int64_t row : two) EXPECT_TRUE(in_four.contains(row));
  EXPECT_NE(draw_shots(classes, titles, 2, 2), two);
  EXPECT_THAT(draw_shots(classes, titles, 0, 1), SizeIs(40));
}

TEST(DrawShots, NameTheClassThatHasTooFew) {
  try {
    draw_shots({0, 0, 1}, {"a", "b"}, 2, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("class \"b\" has 1 training pictures, 2 are asked for"));
  }
}

// Zero-shot logits that are right, features that are noise: heads that know of texts must not get worse.
TEST(FewShotHeads, StayWithZeroShotWhereShotsTeachNothing) {
  constexpr int64_t kN = 24, kC = 3;
  const Tensor x = testing::random_tensor({kN, 6}, 1), zero_shot = Tensor::zeros({kN, kC}, DType::kFloat64);
  FewShotPictures shots{x, x, zero_shot, {}};
  for (int64_t i = 0; i < kN; ++i) {
    shots.classes.push_back(static_cast<int32_t>(i % kC));
    zero_shot.row<double>(i)[static_cast<size_t>(i % kC)] = 5;
  }
  run_on_compute_thread([&] {
    for (const auto& head : {make_tip_head(), make_trained_tip_head(), make_text_head({.max_iterations = 100})}) {
      const int setting = choose_setting(*head, shots, top1_of);
      EXPECT_EQ(head->setting(setting), "zero-shot") << head->name();
      const Tensor scores = head->scores(shots, shots, setting);
      EXPECT_TRUE(
          std::equal(scores.span<double>().begin(), scores.span<double>().end(), zero_shot.span<double>().begin()));
    }
  });
}

// One shot of each class. Where all look alike, shots of other classes take a picture from zero-shot, which is right;
// where each looks like itself alone, they leave it as it is.
TEST(FewShotHeads, OneShotStaysWithZeroShotWhereOtherClassesAreHarmed) {
  constexpr int64_t kC = 8;
  const Tensor zero_shot = Tensor::zeros({kC, kC}, DType::kFloat64), sure = Tensor::zeros({kC, kC}, DType::kFloat64),
               alike = Tensor::zeros({kC, kC}), apart = Tensor::zeros({kC, kC});
  std::vector<int32_t> classes;
  for (int64_t c = 0; c < kC; ++c) {
    classes.push_back(static_cast<int32_t>(c));
    const auto place = static_cast<size_t>(c);
    zero_shot.row<double>(c)[place] = 0.01;
    sure.row<double>(c)[place] = 3;
    alike.row<float>(c)[0] = 1;
    apart.row<float>(c)[place] = 1;
  }
  run_on_compute_thread([&] {
    for (const auto& head : {make_tip_head(), make_trained_tip_head(), make_text_head({.max_iterations = 100})}) {
      const int harmed = choose_setting(*head, {alike, alike, zero_shot, classes}, top1_of),
                unharmed = choose_setting(*head, {apart, apart, sure, classes}, top1_of);
      EXPECT_EQ(head->setting(harmed), "zero-shot") << head->name();
      EXPECT_EQ(unharmed, head->default_setting()) << head->name();
    }
    const auto plain = make_plain_head();
    EXPECT_EQ(choose_setting(*plain, {alike, alike, zero_shot, classes}, top1_of), plain->default_setting());
  });
}

TEST(FewShotHeads, SayTheSameOfSettingsTogetherAndAlone) {
  constexpr int64_t kN = 12, kC = 3;
  const Tensor x = testing::random_tensor({kN, 6}, 1), other = testing::random_tensor({5, 6}, 2);
  const Tensor zero_shot = Tensor::zeros({kN, kC}, DType::kFloat64), none = Tensor::zeros({5, kC}, DType::kFloat64);
  FewShotPictures shots{x, x, zero_shot, {}};
  for (int64_t i = 0; i < kN; ++i) shots.classes.push_back(static_cast<int32_t>(i % kC));
  const FewShotPictures others{other, other, none, {0, 1, 2, 0, 1}};
  run_on_compute_thread([&] {
    for (const auto& head : {make_plain_head(), make_tip_head(), make_trained_tip_head(), make_text_head()}) {
      std::vector<int> settings(static_cast<size_t>(head->num_settings()));
      std::iota(settings.begin(), settings.end(), 0);
      size_t next = 0;
      head->try_settings(shots, others, settings, [&](int setting, const Tensor& together) {
        ASSERT_EQ(setting, settings[next++]);
        const Tensor alone = head->scores(shots, others, setting);
        EXPECT_TRUE(
            std::equal(alone.span<double>().begin(), alone.span<double>().end(), together.span<double>().begin()))
            << head->name() << ", " << head->setting(setting);
      });
      EXPECT_EQ(next, settings.size());
    }
  });
}

TEST(FewShotHeads, TipAdapterAddsWhatIsNear) {
  const Tensor x = Tensor::zeros({2, 2}), other = Tensor::zeros({1, 2});
  x.row<float>(0)[0] = x.row<float>(1)[1] = other.row<float>(0)[0] = 1;
  const Tensor zero_shot = Tensor::zeros({2, 2}, DType::kFloat64), logits = Tensor::zeros({1, 2}, DType::kFloat64);
  logits.row<double>(0)[1] = 3;
  const FewShotPictures shots{x, x, zero_shot, {0, 1}}, others{other, other, logits, {0}};
  run_on_compute_thread([&] {
    const Tensor scores = make_tip_head()->scores(shots, others, 10);  // alpha 1, beta 5.5
    EXPECT_DOUBLE_EQ(scores.row<double>(0)[0], 1);
    EXPECT_DOUBLE_EQ(scores.row<double>(0)[1], 3 + std::exp(-5.5));
  });
}

TEST(FewShotHeads, DefaultsAreThoseThatAreNamed) {
  EXPECT_EQ(make_tip_head()->setting(make_tip_head()->default_setting()), "alpha 1, beta 5.5");
  EXPECT_EQ(make_plain_head()->setting(make_plain_head()->default_setting()), "lambda 3");
  EXPECT_EQ(make_text_head()->setting(make_text_head()->default_setting()), "lambda 1");
}

TEST(FewShotHeads, CanBeStoppedWithinAFit) {
  const Tensor x = testing::random_tensor({6, 3}, 1), zero_shot = Tensor::zeros({6, 2}, DType::kFloat64);
  const FewShotPictures shots{x, x, zero_shot, {0, 1, 0, 1, 0, 1}};
  const LogisticOptions limits{.stop = [] { return true; }};
  for (const auto& head : {make_plain_head(limits), make_text_head(limits)}) {
    run_on_compute_thread([&] { EXPECT_THROW(choose_setting(*head, shots, top1_of), Error) << head->name(); });
  }
}

TEST(FewShotRun, SaysWhatIsWrongBeforeAnythingIsEncoded) {
  const ProbeSets sets{made_set(60), made_set(30), std::nullopt};
  FewShotOptions options;
  EXPECT_NO_THROW(check_few_shot(options, sets));
  options.shots = {0, 20};
  EXPECT_NO_THROW(check_few_shot(options, sets));
  options.shots = {21};
  EXPECT_THROW(check_few_shot(options, sets), Error) << "there are 20 of each class";
  options.shots = {-1};
  EXPECT_THROW(check_few_shot(options, sets), Error);
  options = {};
  options.seeds = 0;
  EXPECT_THROW(check_few_shot(options, sets), Error);
  options = {};
  options.templates = {"a picture"};
  EXPECT_THROW(check_few_shot(options, sets), Error);
}

TEST(FewShotRun, LearnsAndComparesWithZeroShot) {
  ProbeSets sets{made_set(60), made_set(30), std::nullopt};
  sets.train.split = "train";
  sets.test.classes = {{"green"}, {"blue"}, {"red"}};  // the words are wrong: zero-shot is never right, shots are
  FewShotOptions options;
  options.shots = {1, 4, 0};
  const MadeEncoder made;
  const FewShotResult result =
      run_few_shot(options, sets, made.encoder, Output::kBeforeProjection, 10, {}, {}, {.command = "test"}, {});
  EXPECT_EQ(result.zero_shot, 0);
  ASSERT_THAT(result.heads, SizeIs(4));
  for (const auto& head : result.heads) {
    ASSERT_THAT(head.points, SizeIs(3));
    EXPECT_THAT(head.points[1].scores, SizeIs(3));
    EXPECT_THAT(head.points[2].scores, SizeIs(1)) << "there is one way to take all";
  }
  const auto& shot = result.heads[0].points[0];
  double squares = 0;
  for (const double score : shot.scores) squares += (score - shot.mean) * (score - shot.mean);
  // Student's t of 2 degrees of freedom, of which the code has five digits.
  EXPECT_NEAR(shot.high - shot.mean, 4.30265 * std::sqrt(squares / 6), 1e-4);
  EXPECT_NEAR(shot.mean - shot.low, shot.high - shot.mean, 1e-12);
  EXPECT_TRUE(std::isnan(result.heads[0].points[2].low)) << "one seed has no spread";
  EXPECT_GT(result.heads[0].points[1].mean, 0.9);
  EXPECT_GT(result.heads[3].points[2].mean, 0.9);
  EXPECT_EQ(parse_json(to_json(result), "result")["heads"].size(), 4U);
}

TEST(FewShotRun, TakesTheDrawsOfAllFoldsTogether) {
  std::vector<ProbeSets> folds;
  for (const char* split : {"train1", "train2"}) {
    folds.push_back({made_set(60), made_set(30), std::nullopt});
    folds.back().train.split = split;
  }
  testing::reader_of(folds[1].test).wrong = {0, 1, 2};
  testing::reader_of(folds[1].train).damaged = {9};
  FewShotOptions options;
  options.shots = {2, 0};
  options.methods = {FewShotMethod::kProbe};
  const MadeEncoder made;
  const FewShotResult result =
      run_few_shot_folds(options, folds, made.encoder, Output::kBeforeProjection, 10, {}, {}, {.command = "test"}, {});
  ASSERT_THAT(result.folds, SizeIs(2));
  EXPECT_DOUBLE_EQ(result.folds[1].score, 0.9);
  EXPECT_DOUBLE_EQ(result.zero_shot, 0.95);
  const auto& points = result.heads[0].points;
  ASSERT_THAT(points[0].scores, SizeIs(6)) << "three seeds of each fold";
  ASSERT_THAT(points[1].scores, SizeIs(2));
  EXPECT_DOUBLE_EQ(points[1].mean, (points[1].scores[0] + points[1].scores[1]) / 2);
  EXPECT_NEAR(points[1].mean - points[1].low, 12.7062 * std::abs(points[1].scores[0] - points[1].scores[1]) / 2, 1e-4);
  ASSERT_THAT(result.origin.unreadable, SizeIs(1));
  EXPECT_EQ(result.origin.unreadable[0].picture, "train2: picture 9");
  EXPECT_EQ(parse_json(to_json(result), "result")["folds"][1]["train"], "train2");
  FewShotResult shown = result;
  shown.heads[0].points[0].chosen = {"lambda 1", "lambda 2", "lambda 2", "lambda 3", "lambda 2", "lambda 3"};
  const testing::TemporaryFolder folder;
  write_eval_report(folder / "out", shown);
  const std::string page = read_file(folder / "out/index.html", 1 << 24);
  for (const char* part :
       {"the seeds of 2 folds", "zero-shot, accuracy, %", "lambda 2 (3 times); lambda 3 (2 times); lambda 1"})
    EXPECT_THAT(page, ::testing::HasSubstr(part));
}

}  // namespace
}  // namespace clipkit
