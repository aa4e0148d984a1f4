#include "curate/model_rules.h"

#include <algorithm>

namespace clipkit {

namespace {

// A sum in double: a few products for each pair, whose rounding must not decide.
double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

std::vector<Drop> ModelRules::check(const PairFeatures& features) const {
  std::vector<Drop> drops;
  int64_t caption = 0;
  const auto num_captions = static_cast<int64_t>(features.caption_rows.size());
  for (int64_t row = 0; row < static_cast<int64_t>(features.samples.size()); ++row) {
    const int64_t first = caption;
    while (caption < num_captions && features.caption_rows[static_cast<size_t>(caption)] == row) ++caption;
    if (std::binary_search(features.unusable.begin(), features.unusable.end(), row)) {
      drops.push_back({static_cast<uint32_t>(features.samples[static_cast<size_t>(row)]), -1, DropRule::kUnreadable});
    } else {
      check_pair(features, row, first, caption, drops);
    }
  }
  return drops;
}

void ModelRules::check_pair(const PairFeatures& features, int64_t row, int64_t first_caption, int64_t end_caption,
                            std::vector<Drop>& drops) const {
  const auto sample = static_cast<uint32_t>(features.samples[static_cast<size_t>(row)]);
  const auto picture = features.image.row<float>(row);
  const size_t drops_before = drops.size();
  const auto drop_pair = [&](DropRule rule, double value, uint32_t other = 0) {
    drops.resize(drops_before);
    drops.push_back({sample, -1, rule, static_cast<float>(value), other});
  };
  double nearest = -1;  // caption
  for (int64_t c = first_caption; c < end_caption; ++c) {
    const double cosine = dot(picture, features.text.row<float>(c));
    nearest = std::max(nearest, cosine);
    if (options_.min_similarity && cosine < *options_.min_similarity) {
      drops.push_back({sample, static_cast<int32_t>(features.captions[static_cast<size_t>(c)]),
                       DropRule::kMinSimilarity, static_cast<float>(cosine)});
    }
  }
  if (options_.min_similarity && nearest < *options_.min_similarity) {
    return drop_pair(DropRule::kMinSimilarity, nearest);
  }
  double strongest = -2;
  uint32_t concept_index = 0;
  for (uint32_t k = 0; k < options_.drop_concepts.size(); ++k) {
    const double cosine = dot(picture, concepts_.row<float>(k));
    if (cosine <= strongest) continue;
    strongest = cosine;
    concept_index = k;
  }
  if (options_.drop_concepts.empty()) return;
  if (options_.concept_similarity) {
    if (strongest >= *options_.concept_similarity) drop_pair(DropRule::kConcept, strongest, concept_index);
  } else if (strongest - nearest > options_.concept_margin) {
    drop_pair(DropRule::kConcept, strongest - nearest, concept_index);
  }
}

}  // namespace clipkit
