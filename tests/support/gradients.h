#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include "ops/reference/reference_backend.h"
#include "support/tensors.h"

// Gradients against central differences, in float64.

namespace clipkit::testing {

// sum of y * weights: a loss whose gradient with respect to y is `weights`.
inline double weighted_sum(const TensorView& y, const TensorView& weights) {
  double sum = 0;
  for (int64_t i = 0; i < y.num_elements(); ++i) sum += y.data<double>()[i] * weights.data<double>()[i];
  return sum;
}

// The step of a difference quotient, and what it may be off by, relative to the largest gradient (at least 1).
struct Step {
  double size = 1e-5, bound = 1e-8;
};

// Compares dx with (loss(x + h) - loss(x - h)) / 2h for at most `elements` elements spread over x, whose content loss()
// reads. The difference quotient is off by h^2 / 6 times the third derivative, and by the rounding of the loss, 2^-53
// |loss| / h: with h = 1e-5 and derivatives about 1 both are near 1e-11; the bound leaves them a factor of 1000.
inline void expect_central_differences(const TensorView& x, const TensorView& dx, const std::function<double()>& loss,
                                       const std::string& what, int64_t elements = 40, Step step = {}) {
  ASSERT_EQ(x.num_elements(), dx.num_elements()) << what;
  const int64_t n = x.num_elements(), stride = std::max<int64_t>(1, n / elements);
  double scale = 1;
  for (const double value : dx.span<double>()) scale = std::max(scale, std::abs(value));
  for (int64_t i = 0; i < n; i += stride) {
    double& element = x.data<double>()[i];
    const double before = element;
    element = before + step.size;
    const double above = loss();
    element = before - step.size;
    const double below = loss();
    element = before;
    EXPECT_NEAR(dx.data<double>()[i], (above - below) / (2 * step.size), step.bound * scale)
        << what << ", element " << i;
  }
}

// A test on the reference backend in float64.
class GradientTest : public ::testing::Test {
 protected:
  static Tensor input(Shape shape, uint32_t seed) { return to_double(random_tensor(shape, seed)); }
  static Tensor zeros(Shape shape) { return Tensor::zeros(shape, DType::kFloat64); }
  // Results that are written, not accumulated, begin as what must not be there.
  static Tensor poisoned(Shape shape) {
    Tensor tensor = Tensor::empty(shape, DType::kFloat64);
    for (double& value : tensor.span<double>()) value = std::nan("");
    return tensor;
  }
  std::unique_ptr<Backend> b_ = make_reference_backend(DType::kFloat64);
};

}  // namespace clipkit::testing
