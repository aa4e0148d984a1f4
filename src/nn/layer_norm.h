#pragma once

#include "nn/param.h"
#include "ops/backend.h"

namespace clipkit {

class LayerNorm {
 public:
  Param weight;  // (D)
  Param bias;    // (D)
  double eps;

  LayerNorm(int64_t width, double epsilon) : weight{{width}}, bias{{width}}, eps(epsilon) {}

  void visit_params(const ParamVisitor& visit) {
    visit("weight", weight);
    visit("bias", bias);
  }

  void prepare(Backend& b) {
    weight_ = b.upload(weight.value);
    bias_ = b.upload(bias.value);
    weight.release();
    bias.release();
  }

  // x: (R, D) sum type; y: operand or sum type, may be x.
  void forward(Backend& b, TensorView x, TensorView y) const {
    ops::layer_norm(b, {.x = x, .weight = weight_, .bias = bias_, .eps = eps, .y = y});
  }
  // x: as forward had it. dy, dx: (R, D) sum type; dx may be dy.
  void backward(Backend& b, TensorView x, TensorView dy, TensorView dx) const {
    ops::layer_norm_backward(
        b, {.x = x, .weight = weight_, .eps = eps, .dy = dy, .dx = dx, .dweight = weight.grad, .dbias = bias.grad});
  }

 private:
  Tensor weight_, bias_;
};

}  // namespace clipkit
