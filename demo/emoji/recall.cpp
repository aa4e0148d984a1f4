#include "recall.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clipkit::emoji {

Recall measure_recall(const TensorView& queries, const TensorView& targets,
                      const std::vector<std::vector<int64_t>>& right) {
  double of_3 = 0;
  int64_t counted = 0, first = 0, first_5 = 0, first_10 = 0;
  std::vector<float> similarity(static_cast<size_t>(targets.shape()[0]));
  for (size_t q = 0; q < right.size(); ++q) {
    if (right[q].empty()) continue;
    const auto query = queries.row<float>(static_cast<int64_t>(q));
    for (size_t t = 0; t < similarity.size(); ++t) {
      const auto target = targets.row<float>(static_cast<int64_t>(t));
      similarity[t] = std::inner_product(query.begin(), query.end(), target.begin(), 0.0f);
    }
    float best = -INFINITY;
    for (const int64_t t : right[q]) best = std::max(best, similarity[static_cast<size_t>(t)]);
    // The right one and its like count among those that are not less similar.
    auto rank = std::count_if(similarity.begin(), similarity.end(), [&](float other) { return other >= best; });
    for (const int64_t t : right[q]) rank -= similarity[static_cast<size_t>(t)] >= best;
    ++counted;
    first += rank < 1;
    first_5 += rank < 5;
    first_10 += rank < 10;
    const double others = static_cast<double>(similarity.size() - right[q].size());
    const double worse = others - static_cast<double>(rank);
    if (others >= 2) of_3 += worse * (worse - 1) / (others * (others - 1));
  }
  if (counted == 0) return {};
  const auto part = [&](int64_t count) { return static_cast<double>(count) / static_cast<double>(counted); };
  return {counted, part(first), part(first_5), part(first_10), of_3 / static_cast<double>(counted)};
}

}  // namespace clipkit::emoji
