#pragma once

#include <memory>
#include <optional>

#include "nn/param.h"
#include "ops/backend.h"

namespace clipkit {

// Packs a layer's weights; those in training again after each step, into what the first time made.
inline void pack_param(Backend& b, std::unique_ptr<PackedLinear>& packed, const LinearSpec& spec) {
  if (packed && spec.training) return ops::repack_linear(b, *packed, spec);
  packed = ops::pack_linear(b, spec);
}

// y = activation(x W^T + b) + residual
class Linear {
 public:
  Param weight;  // (out, in); a projection: (in, out)
  Param bias;    // (out); a projection has none

  Linear(int64_t in, int64_t out) : weight{.shape = {out, in}, .of_products = true}, bias{{out}} {}

  // CLIP's projections are stored the other way round and have no bias.
  static Linear projection(int64_t in, int64_t out) {
    Linear layer(in, out);
    layer.weight.shape = {in, out};
    layer.projection_ = true;
    return layer;
  }
  // Without bias, weight (out, in).
  static Linear without_bias(int64_t in, int64_t out) {
    Linear layer(in, out);
    layer.has_bias_ = false;
    return layer;
  }

  void visit_params(const ParamVisitor& visit) {
    visit("weight", weight);
    if (has_bias_ && !projection_) visit("bias", bias);
  }

  // Lays the weights out for the backend; without training, lets go of the originals.
  void prepare(Backend& b) {
    pack_param(b, packed_,
               {.weight = matrix(weight.weight()),
                .bias = bias.value,
                .transposed = projection_,
                .training = weight.in_training,
                .scales = weight.scales,
                .input_scales = weight.input_scales,
                .observe = weight.observe,
                .laid_out = weight.part(0)});
    weight.release();
    bias.release();
  }

  void forward(Backend& b, TensorView x, TensorView y, std::optional<Activation> activation = {},
               TensorView residual = {}) const {
    ops::linear(b, *packed_, {.x = x, .y = y, .activation = activation, .residual = residual});
  }

  // For forward without activation; x: as it had it. dy: (R, out) operand type. dx = dy W + residual: (R, in) operand
  // or sum type, or empty where nobody asks for it, and may be x; residual: sum type, may be dx.
  void backward(Backend& b, TensorView x, TensorView dy, TensorView dx, TensorView residual = {}) {
    if (weight.grad) {
      ops::linear_weight_gradient(
          b, {.x = x, .dy = dy, .dweight = matrix(weight.grad), .dbias = bias.grad, .transposed = projection_});
    }
    if (dx) ops::linear_input_gradient(b, *packed_, {.dy = dy, .dx = dx, .residual = residual});
  }

 private:
  // Each row of a convolution's kernels as one row.
  static TensorView matrix(const TensorView& tensor) {
    const int64_t rows = tensor.shape()[0];
    return tensor.reshape({rows, tensor.num_elements() / rows});
  }

  bool projection_ = false, has_bias_ = true;
  std::unique_ptr<PackedLinear> packed_;
};

}  // namespace clipkit
