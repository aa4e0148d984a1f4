// Scores of a real model: embeddings of 55 pictures and 267 texts by LiT, ../shared/data/reference/embeddings.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/json.h"
#include "clipkit/npy.h"
#include "eval/metrics.h"
#include "eval/reject_draw.h"
#include "eval/reject_scores.h"
#include "ops/reference/reference_backend.h"

namespace clipkit {
namespace {

// Each picture is a class, its prompts are the labels; in each of 20 draws a third of the classes is known, a third
// unknown and a third lends its prompts as the vocabulary.
TEST(RejectScores, TellUnknownPicturesOfARealModel) {
  const std::filesystem::path folder = std::filesystem::path(CLIPKIT_SHARED_DIR) / "data/reference/embeddings";
  if (!std::filesystem::exists(folder / "lit-tiny.json")) GTEST_SKIP() << "needs " << folder;
  const Json json = read_json(folder / "lit-tiny.json");
  const Tensor images = read_npy(folder / "lit-tiny-images55.npy"), texts = read_npy(folder / "lit-tiny-texts267.npy");
  std::map<std::string, int64_t> row_of;
  for (const auto& text : json["texts"]) row_of.emplace(text.get<std::string>(), std::ssize(row_of));
  ASSERT_EQ(std::ssize(row_of), texts.shape()[0]);
  const auto backend = make_reference_backend(DType::kFloat32);
  const int64_t n = images.shape()[0];
  std::map<RejectScore, double> auroc;
  constexpr int kDraws = 20;
  for (uint64_t number = 0; number < kDraws; ++number) {
    const RejectDraw draw = draw_unknown(number, n / 3, n, {}, 0);
    std::vector<int64_t> known, unknown, labels, words;
    const auto add_prompts = [&](int64_t picture, std::vector<int64_t>& rows) {
      for (const auto& prompt : json["images"][static_cast<size_t>(picture)]["prompts"])
        rows.push_back(row_of.at(prompt.get<std::string>()));
    };
    for (const int64_t picture : draw.held_out) add_prompts(picture, words);
    for (size_t i = 0; i < draw.given.size(); ++i) (i % 2 == 0 ? known : unknown).push_back(draw.given[i]);
    for (const int64_t picture : known) add_prompts(picture, labels);
    std::vector<int64_t> both = known;
    both.insert(both.end(), unknown.begin(), unknown.end());
    std::vector<Relevance> relevance(known.size(), Relevance::kYes);
    relevance.resize(both.size(), Relevance::kNo);
    const Tensor label_rows = take_rows(texts, labels), word_rows = take_rows(texts, words);
    for (const RejectScore score : kRejectScores) {
      const auto scores = reject_scores(*backend, score, take_rows(images, both), label_rows, word_rows,
                                        json["temperature"].get<double>());
      auroc[score] += Ranking(scores, relevance).roc_auc() / kDraws;
    }
  }
  // As the authors of both found it on others: temperature 1 is better than the model's, and negatives are better
  // still.
  EXPECT_NEAR(auroc[RejectScore::kProbability], 0.802, 0.005);
  EXPECT_NEAR(auroc[RejectScore::kCosine], 0.860, 0.005);
  EXPECT_NEAR(auroc[RejectScore::kMcm], 0.867, 0.005);
  EXPECT_NEAR(auroc[RejectScore::kNegLabel], 0.883, 0.005);
}

}  // namespace
}  // namespace clipkit
