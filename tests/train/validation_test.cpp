#include "train/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cpu/cpu_backend.h"
#include "data/made_pairs.h"
#include "model/config_source.h"
#include "model/initialize.h"
#include "ops/reference/reference_backend.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::make_tensor;

// Ranks of queries whose similarities with the targets are the rows given: targets are unit vectors.
RetrievalRecall recall_of(const std::vector<std::vector<float>>& similarities,
                          const std::vector<std::vector<int64_t>>& right) {
  const auto num = static_cast<int64_t>(similarities.size()), targets = static_cast<int64_t>(similarities[0].size());
  std::vector<float> queries, units(static_cast<size_t>(targets * targets));
  for (const auto& row : similarities) queries.insert(queries.end(), row.begin(), row.end());
  for (int64_t i = 0; i < targets; ++i) units[static_cast<size_t>(i * targets + i)] = 1;
  const auto backend = make_reference_backend(DType::kFloat32);
  return retrieval_recall(*backend, make_tensor({num, targets}, queries), make_tensor({targets, targets}, units),
                          right);
}

TEST(RetrievalRecall, CountsTheBetterOnes) {
  const RetrievalRecall recall =
      recall_of({{0.9f, 0.1f, 0.2f}, {0.9f, 0.1f, 0.2f}, {0.9f, 0.1f, 0.2f}}, {{0}, {1}, {2}});
  EXPECT_DOUBLE_EQ(recall.recall_at_1, 1.0 / 3);  // ranks 1, 3, 2
  EXPECT_DOUBLE_EQ(recall.recall_at_5, 1);
  EXPECT_DOUBLE_EQ(recall.mean_rank, 2);
  EXPECT_EQ(recall.median_rank, 2);
}

TEST(RetrievalRecall, TakesTheBestOfSeveralRightOnes) {
  const RetrievalRecall recall = recall_of({{0.3f, 0.9f, 0.5f, 0.4f}, {0.3f, 0.9f, 0.5f, 0.4f}}, {{0, 2}, {3, 0}});
  EXPECT_DOUBLE_EQ(recall.recall_at_1, 0);  // ranks 2 and 3
  EXPECT_DOUBLE_EQ(recall.mean_rank, 2.5);
  EXPECT_EQ(recall.median_rank, 3) << "the upper of two middles";
}

// Targets as near as the right one are not better. A model that says the same of everything looks perfect then; its
// loss shows that it is not.
TEST(RetrievalRecall, PutsTheRightOneBeforeItsTies) {
  const RetrievalRecall recall = recall_of({{0.5f, 0.5f, 0.5f}, {0.5f, 0.75f, 0.5f}}, {{2}, {2}});
  EXPECT_DOUBLE_EQ(recall.recall_at_1, 0.5);
  EXPECT_DOUBLE_EQ(recall.mean_rank, 1.5);
}

TEST(RetrievalRecall, HasBordersAtFiveAndTen) {
  std::vector<float> falling;
  for (int i = 0; i < 12; ++i) falling.push_back(1 - 0.05f * static_cast<float>(i));
  const RetrievalRecall recall = recall_of({falling, falling, falling, falling}, {{4}, {5}, {9}, {10}});
  EXPECT_DOUBLE_EQ(recall.recall_at_1, 0);
  EXPECT_DOUBLE_EQ(recall.recall_at_5, 0.25);
  EXPECT_DOUBLE_EQ(recall.recall_at_10, 0.75);
}

// More queries than one block holds.
TEST(RetrievalRecall, GoesThroughAllBlocks) {
  std::vector<std::vector<float>> rows;
  std::vector<std::vector<int64_t>> right;
  for (int64_t q = 0; q < 300; ++q) {
    rows.push_back({0.25f, 0.5f});
    right.push_back({q < 200 ? 1 : 0});
  }
  const RetrievalRecall recall = recall_of(rows, right);
  EXPECT_NEAR(recall.recall_at_1, 2.0 / 3, 300 * 0x1p-53);
  EXPECT_EQ(recall.median_rank, 1);
}

class Validation : public ::testing::Test {
 protected:
  Validation() : model_(config_by_name_or_file("mini-vit"), true, true) {
    initialize(model_, 1);
    model_.prepare(*backend_);
  }
  ValidationResult run(std::shared_ptr<const PairSource> pairs, int64_t batch_size) {
    LoaderConfig config;
    config.sample.training = false;
    config.sample.preprocess = model_.config.preprocess;
    config.sample.context_length = model_.config.text.context_length;
    config.batch_size = batch_size;
    PairLoader loader(std::move(pairs), Tokenizer::clip(), config);
    Workspace workspace(*backend_);
    return validate({*backend_, workspace}, model_, loader);
  }
  std::unique_ptr<Backend> backend_ = make_cpu_backend(DType::kFloat32);
  Clip model_;
};

TEST_F(Validation, SeesEveryPictureWithAllItsCaptions) {
  const auto pairs = std::make_shared<testing::MadePairs>(std::vector<PairShard>{{.size = 7}});
  pairs->damaged = {2};
  for (const int64_t batch_size : {3, 7}) {
    const ValidationResult result = run(pairs, batch_size);
    EXPECT_THAT(result.samples, ElementsAre(0, 1, 3, 4, 5, 6));
    EXPECT_EQ(result.num_pictures, 6);
    EXPECT_EQ(result.num_captions, 1 + 2 + 1 + 2 + 3 + 1);
    EXPECT_THAT(result.caption_rows, ElementsAre(0, 1, 1, 2, 3, 3, 4, 4, 4, 5));
    ASSERT_EQ(result.best_captions.size(), 6U);
    for (const auto& best : result.best_captions) {
      ASSERT_EQ(best.size(), 3U);
      EXPECT_GE(best[0].similarity, best[1].similarity);
      EXPECT_GE(best[1].similarity, best[2].similarity);
      EXPECT_LT(best[2].caption, result.num_captions);
    }
    EXPECT_TRUE(std::isfinite(result.loss));
    EXPECT_GE(result.image_to_text.mean_rank, 1);
    EXPECT_LE(result.text_to_image.mean_rank, 6);
  }
}

// Features do not depend on the batch: neither do ranks. (The loss does: it is a mean over batches.)
TEST_F(Validation, RanksDoNotDependOnTheBatch) {
  const auto pairs = std::make_shared<testing::MadePairs>(std::vector<PairShard>{{.size = 9}});
  const ValidationResult a = run(pairs, 2), b = run(pairs, 9);
  EXPECT_EQ(a.image_to_text.mean_rank, b.image_to_text.mean_rank);
  EXPECT_EQ(a.text_to_image.mean_rank, b.text_to_image.mean_rank);
  EXPECT_EQ(a.image_to_text.recall_at_5, b.image_to_text.recall_at_5);
}

}  // namespace
}  // namespace clipkit
