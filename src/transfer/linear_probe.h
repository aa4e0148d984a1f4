#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "clipkit/tensor.h"
#include "transfer/logistic_regression.h"

namespace clipkit {

// The grid of the paper's regulariser: 96 values of lambda from 1e-6 to 1e6, both included, evenly spaced in the
// logarithm (CLIP, appendix A.3; numpy.logspace(-6, 6, 96)).
inline constexpr int kNumLambdas = 96;
double lambda_at(int index);

struct LambdaTrial {
  int index = 0;
  double lambda = 0, score = 0;  // of the validation features
  int iterations = 0;
};

struct LambdaSearch {
  int best = 0;                     // index; of equal scores the smallest
  std::vector<LambdaTrial> trials;  // in the order in which they were made
};

// How good scores (N, K) float64 of the validation features are.
using ScoreOf = std::function<double(TensorView scores)>;

// LogisticRegression::fit(), or the like.
using FitBy = std::function<LogisticFit(const LogisticOptions& options, const LinearClassifier* start)>;

// The paper's parametric binary search: every 16th of the grid, then the neighbours of the best at half the distance,
// down to neighbours on the grid. Each fit starts from the nearest one before. tried: called after each.
// On the compute thread. Errors: as of LogisticRegression.
LambdaSearch search_lambda(const FitBy& fit_by, TensorView validation, const ScoreOf& score_of, LogisticOptions options,
                           const std::function<void(const LambdaTrial&)>& tried = {});

// The part of scores (N, K) float64 whose largest is at the label; of equal ones the first counts.
double top1_of(TensorView scores, std::span<const int32_t> labels);

}  // namespace clipkit
