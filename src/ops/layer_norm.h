#pragma once

#include "clipkit/tensor.h"

// Layer normalisation over the last axis:  y = (x - mean) / sqrt(var + eps) * weight + bias,  var divides by D.

namespace clipkit {

struct LayerNormArgs {
  TensorView x;       // (R, D) sum type
  TensorView weight;  // (D) sum type
  TensorView bias;    // (D) sum type
  double eps = 1e-5;
  TensorView y;  // (R, D) operand or sum type; may be x itself if the types agree
};

// With xhat = (x - mean) * rstd and g = dy * weight:
//   dx = rstd * (g - mean(g) - xhat * mean(g * xhat))                            written
//   dweight += sum over rows of dy * xhat,  dbias += sum over rows of dy         accumulated
// mean and rstd are computed again from x, which has to be read anyway.
struct LayerNormBackwardArgs {
  TensorView x;       // (R, D) sum type, as forward had it
  TensorView weight;  // (D) sum type
  double eps = 1e-5;
  TensorView dy;                  // (R, D) sum type
  TensorView dx;                  // (R, D) sum type; may be dy
  TensorView dweight{}, dbias{};  // (D) sum type; both or none
};

class Backend;

namespace ops {
void layer_norm(Backend& backend, const LayerNormArgs& args);
void layer_norm_backward(Backend& backend, const LayerNormBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
