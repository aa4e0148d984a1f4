#pragma once

#include "clipkit/tensor.h"

// From features to probabilities.

namespace clipkit {

// y = x / max(|x|, 1e-12), row by row. May run in place. x, y: (R, D) sum type.
struct NormalizeRowsArgs {
  TensorView x, y;
};

// With y = x / |x|:  dx = (dy - y (y . dy)) / |x|, row by row. x, dy, dx: (R, D) sum type; dx may be dy.
struct NormalizeRowsBackwardArgs {
  TensorView x, dy, dx;
};

// y = softmax(x), row by row. May run in place. x, y: (R, D) sum type.
struct SoftmaxRowsArgs {
  TensorView x, y;
};

// c = alpha * a b^T. a: (m, k), b: (n, k), c: (m, n), all of the sum type. Each element is one dot product whose bits
// depend on its two rows alone.
struct SimilarityArgs {
  TensorView a, b, c;
  double alpha = 1;
};

class Backend;

namespace ops {
void normalize_rows(Backend& backend, const NormalizeRowsArgs& args);
void normalize_rows_backward(Backend& backend, const NormalizeRowsBackwardArgs& args);
void softmax_rows(Backend& backend, const SoftmaxRowsArgs& args);
void similarity(Backend& backend, const SimilarityArgs& args);
}  // namespace ops

}  // namespace clipkit
