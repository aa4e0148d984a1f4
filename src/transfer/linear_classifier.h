#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit {

// scores = x W^T + b. Of two classes one row is kept, the score of class 1; class 0 has the score 0 then.
struct LinearClassifier {
  int64_t num_classes = 0, width = 0;
  std::vector<double> weights{};    // (rows, width)
  std::vector<double> intercept{};  // (rows)

  int64_t rows() const noexcept { return num_classes == 2 ? 1 : num_classes; }
  // x: (N, width) float32. Result (N, num_classes) float64. On the compute thread; bits depend on neither the number
  // of threads nor other rows of x.
  Tensor scores(TensorView x) const;
};

}  // namespace clipkit
