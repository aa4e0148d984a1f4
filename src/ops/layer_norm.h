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

class Backend;

namespace ops {
void layer_norm(Backend& backend, const LayerNormArgs& args);
}

}  // namespace clipkit
