#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "transfer/linear_classifier.h"
#include "transfer/logistic_loss.h"
#include "transfer/whitening.h"

namespace clipkit {

// When L-BFGS stops. The defaults are stricter than scikit-learn's 1e-4 and SciPy's 2.22e-9, which leave some
// regularisers well short of the optimum: there the absolute rule is met by weights of hardly any size, and the
// relative one by steps that have become small.
struct LogisticOptions {
  double c = 1;  // weight of the data term; 1 / lambda in the paper's words
  int max_iterations = 1000;
  double gradient_tolerance = 1e-7;    // largest component of the gradient
  double objective_tolerance = 1e-11;  // (f_k - f_k+1) / max(|f_k|, |f_k+1|, 1)
  bool free_intercept = true;          // false: intercepts are penalised as all weights are
  std::function<bool()> stop{};        // asked after each iteration; true: Error(kCancelled)
};

struct LogisticFit {
  LinearClassifier classifier;
  double objective = 0;
  double max_gradient = 0;  // largest component at the end
  int iterations = 0, evaluations = 0;
  enum class End { kGradient, kObjective, kIterations, kPrecision } end = End::kPrecision;  // kPrecision: double's
};

// Multinomial logistic regression with an L2 penalty, as scikit-learn has it (evaluation.md section 4):
//   minimise  1/2 sum W^2 + C sum over i of -log softmax(W x_i + b)[y_i]
// The intercepts are not penalised. Two classes: a single row, 1/2 |w|^2 + C sum log(1 + exp(-s_i (w x_i + b))).
// L-BFGS with a memory of 10 (libLBFGS) in variables in which the objective is nearly round (Whitening); the stopping
// rules look at W and b themselves. All in double; the result is a function of the input alone, not of threads.
class LogisticRegression {
 public:
  // x: (N, D) float32, labels: (N), offsets: (N, num_classes) float64 that are added to the scores, or empty; all
  // borrowed. With offsets a class may have no sample, if its intercept is penalised. On the compute thread. Errors:
  // kInvalidArgument (fewer than two classes; a label out of range; without offsets a class without a sample: its
  // intercept would have no minimum); kUnsupported without OpenBLAS.
  LogisticRegression(TensorView x, std::span<const int32_t> labels, int64_t num_classes, TensorView offsets = {});

  // From zero, or from another fit. On the compute thread. Errors: kInvalidArgument for features that are not finite;
  // kCancelled.
  LogisticFit fit(const LogisticOptions& options, const LinearClassifier* start = nullptr);

 private:
  const int64_t num_classes_;
  AugmentedRows features_;
  LogisticLoss loss_;
  Whitening whitening_;
};

}  // namespace clipkit
