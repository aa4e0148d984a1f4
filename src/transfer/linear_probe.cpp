#include "transfer/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"

namespace clipkit {

double lambda_at(int index) {
  CLIPKIT_CHECK(0 <= index && index < kNumLambdas, "lambda ", index, " of ", kNumLambdas);
  if (index == kNumLambdas - 1) return 1e6;
  return index == 0 ? 1e-6 : std::pow(10.0, -6 + 12.0 * index / (kNumLambdas - 1));
}

LambdaSearch search_lambda(const FitBy& fit_by, TensorView validation, const ScoreOf& score_of, LogisticOptions options,
                           const std::function<void(const LambdaTrial&)>& tried) {
  struct Made {
    double score;
    LinearClassifier classifier;
  };
  std::map<int, Made> made;
  LambdaSearch search;
  const auto try_index = [&](int index) {
    if (made.contains(index)) return;
    const LinearClassifier* nearest = nullptr;
    int distance = kNumLambdas;
    for (const auto& [other, fit] : made) {
      // Of two as near the one with the larger lambda: the simpler classifier.
      if (std::abs(other - index) <= distance) nearest = &fit.classifier;
      distance = std::min(distance, std::abs(other - index));
    }
    options.c = 1 / lambda_at(index);
    LogisticFit fit = fit_by(options, nearest);
    const double score = score_of(fit.classifier.scores(validation));
    search.trials.push_back({index, lambda_at(index), score, fit.iterations});
    made.emplace(index, Made{score, std::move(fit.classifier)});
    if (tried) tried(search.trials.back());
  };
  const auto choose_best = [&] {
    search.best = made.begin()->first;
    for (const auto& [index, fit] : made) {
      if (fit.score > made.at(search.best).score) search.best = index;
    }
  };
  // From strong to weak penalties: each solution is near the next.
  constexpr int kLast = kNumLambdas - 1;
  try_index(kLast);
  for (int index = kLast / 16 * 16; index >= 0; index -= 16) try_index(index);
  choose_best();
  for (int step = 8; step >= 1; step /= 2) {
    const int centre = search.best;
    try_index(std::min(centre + step, kLast));
    try_index(std::max(centre - step, 0));
    choose_best();
  }
  return search;
}

double top1_of(TensorView scores, std::span<const int32_t> labels) {
  CLIPKIT_CHECK(scores.shape()[0] == static_cast<int64_t>(labels.size()), scores.shape()[0], " scores for ",
                labels.size(), " labels");
  int64_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.row<double>(static_cast<int64_t>(i));
    right += std::max_element(row.begin(), row.end()) - row.begin() == labels[i];
  }
  return labels.empty() ? 0 : static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace clipkit
