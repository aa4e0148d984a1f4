#include "train/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cpu/cpu_backend.h"
#include "data/made_pairs.h"
#include "model/config_source.h"
#include "model/initialize.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;

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
