#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "transfer/augmented_rows.h"

namespace clipkit {

// A change of variables that makes the objective of logistic regression nearly round, so that L-BFGS needs a tenth of
// the steps: with M = diag(penalty) + factor X^T X = L L^T, weights W = V L^-1. The minimum is where it was: W is
// strictly penalised, and the map is invertible. The Hessian of the objective is at most, and for one value of p (1 -
// p) on average exactly, of this form (Boehning 1992).
class Whitening {
 public:
  static constexpr int64_t kRows = int64_t{1} << 15;  // that X^T X is taken from, evenly spread, and scaled up

  explicit Whitening(const AugmentedRows& features);

  // Sets L. Everything but the intercept has a penalty of 1. On the compute thread.
  void set(double factor);
  // In place, on (rows, stride): V to W, W to V, and a gradient for W to one for V.
  void to_weights(std::span<double> v) const;
  void from_weights(std::span<double> w) const;
  void to_gradient(std::span<double> dw) const { solve(true, dw); }

 private:
  void solve(bool trans, std::span<double> x) const;

  int64_t stride_, intercept_;
  std::vector<double> gram_, factor_;  // (stride, stride): X^T X, and L in the lower triangle
};

}  // namespace clipkit
