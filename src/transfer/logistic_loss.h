#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "transfer/augmented_rows.h"

namespace clipkit {

// The data term of logistic regression and its gradient, over blocks of rows:
//   sum over i of -log softmax(W x_i)[y_i]            K >= 3 rows of W
//   sum over i of log(1 + exp(-s_i (w x_i)))          one row, two classes; s_i = 1 for class 1, -1 for class 0
// with the intercept as the weight of a feature that is always 1 (AugmentedRows). In double. The sums are taken in an
// order that depends on the number of rows alone.
class LogisticLoss {
 public:
  // Everything is borrowed. labels: 0 <= y < num_classes. offsets: (N, num_classes) float64 that are added to the
  // scores, or empty.
  LogisticLoss(const AugmentedRows& features, std::span<const int32_t> labels, int64_t num_classes,
               TensorView offsets = {});

  int64_t rows() const noexcept { return rows_; }
  struct Value {
    double loss = 0;
    double curvature = 0;  // sum over i of the mean over the rows of p (1 - p)
  };
  // weights, gradient: (rows, stride); the gradient is written. On the compute thread. Cost: 4 N rows stride flops.
  Value evaluate(std::span<const double> weights, std::span<double> gradient);

 private:
  static constexpr int64_t kLanes = 16;  // sums that are taken side by side, then added in order
  Value add_block(int64_t block, const double* weights, double* gradient) const;

  const AugmentedRows& features_;
  const std::span<const int32_t> labels_;
  const int64_t rows_;
  const TensorView offsets_;
  std::vector<std::vector<double>> lanes_;
};

// Of one row: -log softmax(scores)[right]. The scores, K of them, become the gradient with respect to them: softmax
// minus the right class.
LogisticLoss::Value softmax_loss(double* scores, int64_t num_classes, int32_t right);

}  // namespace clipkit
