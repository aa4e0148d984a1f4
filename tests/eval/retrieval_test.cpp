#include "eval/retrieval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "clipkit/error.h"
#include "cpu/cpu_backend.h"
#include "ops/reference/reference_backend.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::make_tensor;
using testing::random_tensor;

// Ranks of pictures whose similarities with the captions are the rows given: captions are unit vectors.
RetrievalRanks ranks_of(const std::vector<std::vector<float>>& similarities, const std::vector<int64_t>& image_of) {
  const auto num = static_cast<int64_t>(similarities.size()), texts = static_cast<int64_t>(image_of.size());
  std::vector<float> images, units(static_cast<size_t>(texts * texts));
  for (const auto& row : similarities) images.insert(images.end(), row.begin(), row.end());
  for (int64_t i = 0; i < texts; ++i) units[static_cast<size_t>(i * texts + i)] = 1;
  const auto backend = make_reference_backend(DType::kFloat32);
  return retrieval_ranks(*backend, make_tensor({num, texts}, images), make_tensor({texts, texts}, units), image_of);
}

TEST(RetrievalRanks, CountWhatIsBetterInBothDirections) {
  const RetrievalRanks ranks = ranks_of({{0.9f, 0.1f, 0.2f}, {0.8f, 0.3f, 0.2f}, {0.7f, 0.1f, 0.1f}}, {0, 1, 2});
  EXPECT_THAT(ranks.image_to_text, ElementsAre(1, 2, 3)) << "caption 1 stands before caption 2, as good for picture 2";
  EXPECT_THAT(ranks.text_to_image, ElementsAre(1, 1, 3));
}

TEST(RetrievalRanks, TakeTheBestOfSeveralCaptions) {
  const RetrievalRanks ranks = ranks_of({{0.3f, 0.9f, 0.5f, 0.4f}, {0.3f, 0.9f, 0.5f, 0.4f}}, {0, 1, 0, 1});
  EXPECT_THAT(ranks.image_to_text, ElementsAre(2, 1));
  EXPECT_THAT(ranks.text_to_image, ElementsAre(1, 2, 1, 2)) << "of equal pictures the first";
}

TEST(RetrievalRanks, OfAModelThatSaysTheSameOfEverythingAreChance) {
  const RetrievalRanks ranks = ranks_of(std::vector(4, std::vector(4, 0.5f)), {0, 1, 2, 3});
  EXPECT_THAT(ranks.image_to_text, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ranks.text_to_image, ElementsAre(1, 2, 3, 4));
}

TEST(RetrievalRanks, AreTheLastForNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const RetrievalRanks ranks = ranks_of({{nan, nan, nan}, {nan, nan, nan}}, {0, 1, 1});
  EXPECT_THAT(ranks.image_to_text, Each(3));
  EXPECT_THAT(ranks.text_to_image, Each(2));
}

TEST(RetrievalRanks, TakeTheBestOfTheCaptionsThatAreNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto backend = make_reference_backend(DType::kFloat32);
  const RetrievalRanks ranks =
      retrieval_ranks(*backend, make_tensor({2, 2}, {1.0f, 0.0f, 0.0f, 1.0f}),
                      make_tensor({3, 2}, {nan, nan, 1.0f, 0.0f, 0.0f, 1.0f}), std::vector<int64_t>{0, 0, 1});
  EXPECT_THAT(ranks.image_to_text, ElementsAre(1, 1));
  EXPECT_THAT(ranks.text_to_image, ElementsAre(2, 1, 1));
}

TEST(RetrievalRanks, AreZeroForAPictureWithoutACaption) {
  const RetrievalRanks ranks = ranks_of({{0.5f, 0.1f}, {0.9f, 0.1f}, {0.2f, 0.3f}}, {0, 2});
  EXPECT_THAT(ranks.image_to_text, ElementsAre(1, 0, 1));
  EXPECT_EQ(retrieval_recall(ranks.image_to_text).num_queries, 2);
  EXPECT_EQ(retrieval_recall(ranks.image_to_text).recall_at_1, 1);
}

// Several blocks in both directions, against sorting the whole matrix.
class RetrievalBlocks : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Backends, RetrievalBlocks, ::testing::Bool(),
                         [](const auto& backend) { return backend.param ? "Cpu" : "Reference"; });

TEST_P(RetrievalBlocks, GiveTheRanksOfTheWholeMatrix) {
  constexpr int64_t kN = 300, kM = 4200, kE = 37;
  const auto backend = GetParam() ? make_cpu_backend() : make_reference_backend(DType::kFloat32);
  const Tensor images = random_tensor({kN, kE}, 1), texts = random_tensor({kM, kE}, 2);
  std::vector<int64_t> image_of;
  for (int64_t t = 0; t < kM; ++t) image_of.push_back((7 * t) % kN);
  double done = 0;
  const RetrievalRanks ranks = retrieval_ranks(*backend, images, texts, image_of, [&](double part) {
    EXPECT_GT(part, done);
    done = part;
  });
  EXPECT_DOUBLE_EQ(done, 1);
  const Tensor all = Tensor::empty({kN, kM});
  ops::similarity(*backend, {.a = images, .b = texts, .c = all});
  for (const int64_t i : {int64_t{0}, int64_t{255}, int64_t{256}, kN - 1}) {
    int64_t rank = kM;
    for (int64_t t = 0; t < kM; ++t) {
      if (image_of[static_cast<size_t>(t)] != i) continue;
      const auto row = all.row<float>(i);
      const float own = row[static_cast<size_t>(t)];
      rank = std::min(rank, 1 + std::count_if(row.begin(), row.end(), [&](float other) { return other > own; }));
    }
    EXPECT_EQ(ranks.image_to_text[static_cast<size_t>(i)], rank) << i;
  }
  for (const int64_t t : {int64_t{0}, int64_t{4095}, int64_t{4096}, kM - 1}) {
    const auto column = static_cast<size_t>(t);
    const float own = all.row<float>(image_of[column])[column];
    int64_t rank = 1;
    for (int64_t i = 0; i < kN; ++i) rank += all.row<float>(i)[column] > own;
    EXPECT_EQ(ranks.text_to_image[column], rank) << t;
  }
}

TEST(RetrievalRanks, RefuseACaptionOfNoPicture) {
  EXPECT_THROW(ranks_of({{0.5f, 0.1f}}, {0, 1}), Error);
}

TEST(RetrievalRecall, HasBordersAtOneFiveAndTen) {
  const RetrievalRecall recall = retrieval_recall(std::vector<int64_t>{5, 6, 10, 11});
  EXPECT_DOUBLE_EQ(recall.recall_at_1, 0);
  EXPECT_DOUBLE_EQ(recall.recall_at_5, 0.25);
  EXPECT_DOUBLE_EQ(recall.recall_at_10, 0.75);
  EXPECT_DOUBLE_EQ(recall.mean_rank, 8);
  EXPECT_EQ(recall.median_rank, 10) << "the upper of two middles";
  EXPECT_EQ(retrieval_recall({}).num_queries, 0);
}

}  // namespace
}  // namespace clipkit
