#include "transfer/probe_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/compute_thread.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "clipkit/error.h"
#include "data/sets/idx.h"
#include "data/sets/set_tree.h"
#include "eval/made_set.h"
#include "support/temporary_folder.h"
#include "transfer/linear_probe.h"

namespace clipkit {
namespace {

using testing::made_set;
using testing::MadeEncoder;
using testing::reader_of;

ProbeSets made_sets(int64_t train, int64_t test, int train_classes = 3) {
  ProbeSets sets{made_set(train, train_classes), made_set(test), std::nullopt};
  sets.train.split = "train";
  return sets;
}

ProbeResult run(const ProbeSets& sets, const ProbeOptions& options = {}, const std::filesystem::path& cache = {}) {
  const MadeEncoder made;
  return run_probe(options, sets, made.encoder, Output::kBeforeProjection, cache, {.command = "test"}, {});
}

// Pictures of one colour, which is their class; of some it only does not count that they are not of it.
class SeveralReader : public testing::MadeReader {
 public:
  using MadeReader::MadeReader;
  PictureLabels labels(int64_t index) const override {
    PictureLabels labels = MadeReader::labels(index);
    if (index % 7 == 3) labels = {.present = {}, .ignored = labels.present};
    return labels;
  }
};

TEST(ProbeRun, ScoresSetsOfSeveralClassesByAveragePrecision) {
  ProbeSets sets = made_sets(60, 30);
  for (LabelledSet* set : {&sets.train, &sets.test}) {
    set->metric = EvalMetric::kMap11;
    set->reader = std::make_unique<SeveralReader>(set->reader->size(), 3);
  }
  const ProbeResult result = run(sets);
  EXPECT_EQ(result.scores.metric, "map11");
  EXPECT_DOUBLE_EQ(result.scores.score.value, 1) << "a colour is told from its mean";
  EXPECT_EQ(result.train_pictures + result.validation_pictures, 60);
  EXPECT_GE(result.trials.size(), 7U);
}

TEST(ProbeRun, LearnsWhatTheFeaturesShow) {
  ProbeSets sets = made_sets(60, 30);
  reader_of(sets.test).wrong = {1};
  reader_of(sets.train).damaged = {5};
  const ProbeResult result = run(sets);
  EXPECT_DOUBLE_EQ(result.scores.top1.value, 29.0 / 30);
  EXPECT_EQ(result.validation_split, "a fifth of train");
  EXPECT_EQ(result.train_pictures + result.validation_pictures, 59);
  EXPECT_EQ(result.validation_pictures, 12);
  EXPECT_EQ(result.width, 3);
  EXPECT_FALSE(result.trials.empty());
  EXPECT_EQ(result.origin.layer, "before-projection");
  ASSERT_EQ(result.origin.unreadable.size(), 1U);
  EXPECT_EQ(result.origin.unreadable[0].picture, "train: picture 5");
}

TEST(ProbeRun, NeedsAPictureToChooseLambdaBy) {
  EXPECT_THROW(run(made_sets(3, 30)), Error) << "one picture a class";
  ProbeOptions options;
  options.lambda = 1;
  EXPECT_EQ(run(made_sets(3, 30), options).train_pictures, 3);
}

TEST(ProbeRun, LearnsFromTheFoldThatIsTested) {
  LabelledSet set = made_set(3);
  EXPECT_EQ(fold_of(set).train, "");
  set.folds = {{"train1", "", "test1"}, {"train2", "", "test2"}};
  set.split = "test2";
  EXPECT_EQ(fold_of(set).train, "train2");
  set.split = "val";
  EXPECT_EQ(fold_of(set).train, "train1");
}

TEST(ProbeRun, OpensEveryFoldUnlessOneIsNamed) {
  testing::SetTree tree;
  tree.put("stl10_binary/test_X.bin", std::string(3 * 96 * 96, 'x'));
  tree.put("stl10_binary/test_y.bin", "\x0A");
  tree.put("stl10_binary/train_X.bin", std::string(size_t{3} * 96 * 96 * 2, 'x'));
  tree.put("stl10_binary/train_y.bin", "\x01\x02");
  tree.put("stl10_binary/fold_indices.txt", "0\n1\n0\n1\n0\n1\n0\n1\n0\n0 1\n");
  ProbeOptions options;
  options.input.data = "stl10:" + tree.path();
  const std::vector<ProbeSets> folds = open_probe_folds(options);
  ASSERT_EQ(folds.size(), 10U);
  EXPECT_EQ(folds[3].train.split, "train3");
  EXPECT_EQ(folds[9].train.reader->size(), 2);
  options.train_split = "train4";
  EXPECT_EQ(open_probe_folds(options).size(), 1U);
}

TEST(ProbeRun, GivesTheMeanOfFolds) {
  std::vector<ProbeSets> folds;
  folds.push_back(made_sets(60, 30));
  folds.push_back(made_sets(60, 30));
  folds[1].train.split = "train2";
  reader_of(folds[1].train).damaged = {50};
  reader_of(folds[1].test).wrong = {0, 1, 2};
  const MadeEncoder made;
  const ProbeResult result =
      run_probe_folds({}, folds, made.encoder, Output::kBeforeProjection, {}, {.command = "test"}, {});
  ASSERT_EQ(result.folds.size(), 2U);
  EXPECT_EQ(result.folds[1].train_split, "train2");
  EXPECT_DOUBLE_EQ(result.folds[0].score, 1);
  EXPECT_DOUBLE_EQ(result.folds[1].score, 0.9);
  EXPECT_DOUBLE_EQ(result.over_folds.value, 0.95);
  EXPECT_DOUBLE_EQ(result.scores.score.value, 1) << "the first fold's";
  ASSERT_EQ(result.origin.unreadable.size(), 1U);
  EXPECT_EQ(result.origin.unreadable[0].picture, "train2: picture 50");
}

TEST(ProbeRun, UsesAValidationSplitWhereThereIsOne) {
  ProbeSets sets = made_sets(30, 30);
  sets.validation = made_set(12);
  sets.validation->split = "val";
  const ProbeResult result = run(sets);
  EXPECT_EQ(result.validation_split, "val");
  EXPECT_EQ(result.train_pictures, 30);
  EXPECT_EQ(result.validation_pictures, 12);
}

TEST(ProbeRun, TakesAGivenLambda) {
  ProbeOptions options;
  options.lambda = 0.5;
  const ProbeResult result = run(made_sets(30, 30), options);
  EXPECT_TRUE(result.trials.empty());
  EXPECT_EQ(result.lambda, 0.5);
  EXPECT_EQ(result.train_pictures, 30);
  EXPECT_EQ(result.validation_pictures, 0);
}

TEST(ProbeRun, NeverPredictsAClassWithoutTrainingPictures) {
  const ProbeResult result = run(made_sets(40, 30, 2));
  EXPECT_EQ(result.scores.classes[2].accuracy, 0);
  EXPECT_DOUBLE_EQ(result.scores.mean_per_class.value, 2.0 / 3);
  for (const auto& confusion : result.scores.confusions) EXPECT_NE(confusion.predicted, 2);
}

TEST(ProbeRun, GivesTheSameFromTheCacheAndWritesAReport) {
  const testing::TemporaryFolder folder;
  const ProbeResult first = run(made_sets(60, 30), {}, folder / "cache");
  EXPECT_EQ(to_json(first), to_json(run(made_sets(60, 30), {}, folder / "cache")));
  write_eval_report(folder / "out", first);
  const Json json = read_json(folder / "out/result.json");
  EXPECT_EQ(json["task"], "probe");
  EXPECT_EQ(json["train"]["pictures"], 48);
  EXPECT_THAT(read_file(folder / "out/index.html", 1 << 24), ::testing::HasSubstr("The search of the regulariser"));
}

// Logistic regression on the raw pixels of Fashion-MNIST is known to be right 84 times of 100 (with all 60,000 training
// pictures; these are the first 10,000 of them).
TEST(ProbeRun, RawPixelsOfFashionMnistScoreAsIsWellKnown) {
  const std::filesystem::path folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "../shared/data/fashion-mnist is not there";
  struct Pixels {
    Tensor x;
    std::vector<int32_t> labels;
  };
  const auto read = [&](const std::string& name) {
    const auto reader = read_idx(folder / (name + "-images-idx3-ubyte.gz"), folder / (name + "-labels-idx1-ubyte.gz"));
    Pixels pixels{Tensor::empty({reader->size(), 784}), {}};
    for (int64_t i = 0; i < reader->size(); ++i) {
      const LabelledPicture picture = reader->read(i);
      for (size_t d = 0; d < 784; ++d) pixels.x.row<float>(i)[d] = static_cast<float>(picture.image.pixels[d]) / 255;
      pixels.labels.push_back(picture.labels.present.front());
    }
    return pixels;
  };
  const Pixels train = read("train10k"), test = read("t10k");
  run_on_compute_thread([&] {
    LogisticRegression regression(train.x, train.labels, 10);
    const LogisticFit fit = regression.fit({.c = 1.0 / 20, .gradient_tolerance = 1e-2, .objective_tolerance = 1e-7});
    const double accuracy = top1_of(fit.classifier.scores(test.x), test.labels);
    EXPECT_GT(accuracy, 0.83);
    EXPECT_LT(accuracy, 0.86);
    RecordProperty("accuracy", std::to_string(accuracy));
  });
}

}  // namespace
}  // namespace clipkit
