#include "transfer/fine_tuner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/compute_thread.h"
#include "clipkit/error.h"
#include "eval/made_set.h"
#include "model/initialize.h"
#include "transfer/linear_probe.h"

namespace clipkit {
namespace {

TEST(DistinctClassBatches, HoldEveryPictureOnceAndNoClassTwice) {
  std::vector<int32_t> classes;
  for (int i = 0; i < 35; ++i) classes.push_back(i % 7);
  std::multiset<size_t> seen;
  for (const auto& batch : distinct_class_batches(classes, 4, Random(1, RandomUse::kSampleOrder))) {
    EXPECT_LE(batch.size(), 4U);
    EXPECT_GE(batch.size(), 3U) << "seven are shared out evenly";
    std::set<int32_t> of_batch;
    for (const size_t i : batch) {
      EXPECT_TRUE(of_batch.insert(classes[i]).second);
      seen.insert(i);
    }
  }
  EXPECT_EQ(seen.size(), 35U);
  EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), 35U);
}

TEST(DistinctClassBatches, LeaveOutPicturesThatHaveNoOtherToBeToldFrom) {
  const auto batches = distinct_class_batches({0, 0, 0, 1}, 8, Random(1, RandomUse::kSampleOrder));
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].size(), 2U);
}

class FineTunerTest : public ::testing::Test {
 protected:
  static FineTuner::Parts tiny_model() {
    ModelConfig config;
    config.embed_dim = 6;
    config.vision = VitConfig{
        .image_size = 16, .patch_size = 8, .transformer = {.width = 8, .layers = 1, .heads = 2, .mlp_width = 16}};
    config.preprocess.width = config.preprocess.height = 16;
    config.text.context_length = 8;
    config.text.transformer = {.width = 8, .layers = 1, .heads = 2, .mlp_width = 16};
    Clip model(config, true, true);
    initialize(model, 3);
    return {std::move(model), make_reference_backend(DType::kFloat32), Tokenizer::clip()};
  }
  FewShotPictures pictures(std::vector<int64_t> which) const {
    FewShotPictures result{{}, {}, zero_shot_, {}, &set_, std::move(which)};
    for (const int64_t picture : result.pictures)
      result.classes.push_back(set_.reader->labels(picture).present.front());
    return result;
  }
  FineTuner tuner(EvalCallbacks callbacks = {}) {
    return {
        tiny_model(),        *compare_, {.lr = 3e-3, .epochs = 20}, {{"red", "a red picture"}, {"green"}, {"blue"}}, 1,
        std::move(callbacks)};
  }
  static double loss(const Tensor& logits, const std::vector<int32_t>& classes) {
    double sum = 0;
    for (size_t i = 0; i < classes.size(); ++i) {
      const auto row = logits.row<double>(static_cast<int64_t>(i));
      double total = 0;
      for (const double logit : row) total += std::exp(logit);
      sum += std::log(total) - row[static_cast<size_t>(classes[i])];
    }
    return sum;
  }
  static bool same(const Tensor& a, const Tensor& b) {
    return std::equal(a.span<double>().begin(), a.span<double>().end(), b.span<double>().begin());
  }

  LabelledSet set_ = testing::made_set(30);
  std::unique_ptr<Backend> compare_ = make_reference_backend(DType::kFloat32);
  Tensor zero_shot_ = Tensor::zeros({6, 3}, DType::kFloat64);
};

TEST_F(FineTunerTest, LearnsFromTheShots) {
  run_on_compute_thread([&] {
    FineTuner tuner = this->tuner();
    const FewShotPictures shots = pictures({0, 1, 2, 3, 4, 5}), others = pictures({15, 16, 17, 18, 19, 20});
    tuner.train(shots);
    const double zero_shot = loss(tuner.logits(others, 0), others.classes),
                 half = loss(tuner.logits(others, 0.5), others.classes),
                 tuned = loss(tuner.logits(others, 1), others.classes);
    EXPECT_LT(tuned, 0.5 * zero_shot) << "pictures of the same colours that it has not seen";
    EXPECT_LT(half, zero_shot);
    EXPECT_NE(half, tuned);
  });
}

TEST_F(FineTunerTest, StartsFromZeroShotEachTime) {
  run_on_compute_thread([&] {
    FineTuner tuner = this->tuner(), fresh = this->tuner();
    const FewShotPictures shots = pictures({0, 1, 2}), more = pictures({3, 4, 5, 6, 7, 8});
    tuner.train(shots);
    const Tensor start = tuner.logits(more, 0), first = tuner.logits(more, 1);
    tuner.train(more);
    EXPECT_FALSE(same(tuner.logits(more, 1), first));
    EXPECT_TRUE(same(tuner.logits(more, 0), start));
    tuner.train(shots);
    EXPECT_TRUE(same(tuner.logits(more, 1), first)) << "the same bits, whatever was trained between";
    fresh.train(more);
    EXPECT_TRUE(same(fresh.logits(more, 0), start));
  });
}

TEST_F(FineTunerTest, CanBeStopped) {
  run_on_compute_thread([&] {
    FineTuner tuner = this->tuner({.stop = [] { return true; }});
    EXPECT_THROW(tuner.train(pictures({0, 1, 2})), Error);
  });
}

TEST_F(FineTunerTest, SaysWhichPictureCannotBeRead) {
  testing::reader_of(set_).damaged = {4};
  run_on_compute_thread([&] {
    FineTuner tuner = this->tuner();
    try {
      tuner.train(pictures({3, 4, 5}));
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("picture 4"));
    }
  });
}

// Shots whose pictures show what their labels do not say: fine-tuning cannot help on held-out ones.
TEST_F(FineTunerTest, WiseFtIsZeroShotWhereHeldOutShotsSaySo) {
  run_on_compute_thread([&] {
    FineTuner tuner = this->tuner();
    FewShotPictures shots = pictures({0, 3, 6, 9, 12, 15});  // all of them red
    shots.classes = {0, 1, 2, 0, 1, 2};
    const Tensor right = Tensor::zeros({6, 3}, DType::kFloat64);
    for (int64_t i = 0; i < 6; ++i) right.row<double>(i)[static_cast<size_t>(i % 3)] = 1;
    const Tensor x = Tensor::zeros({6, 2});
    shots.plain = x;
    shots.unit = x;
    shots.zero_shot = right;
    const auto head = make_wise_ft_head(tuner);
    const int setting = choose_setting(*head, shots, top1_of);
    EXPECT_EQ(head->setting(setting), "zero-shot");
    EXPECT_TRUE(same(head->scores(shots, shots, setting), right));
    EXPECT_EQ(head->setting(head->default_setting()), "alpha 0.5") << "where nothing can be held out";
  });
}

}  // namespace
}  // namespace clipkit
