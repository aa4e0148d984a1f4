#pragma once

#include <memory>
#include <optional>

#include "nn/param.h"
#include "ops/backend.h"

namespace clipkit {

// y = activation(x W^T + b) + residual
class Linear {
 public:
  Param weight;  // (out, in); a projection: (in, out)
  Param bias;    // (out); a projection has none

  Linear(int64_t in, int64_t out) : weight{{out, in}}, bias{{out}} {}

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

  // Lays the weights out for the backend and lets go of the originals.
  void prepare(Backend& b) {
    packed_ = ops::pack_linear(b, {.weight = weight.value, .bias = bias.value, .transposed = projection_});
    weight.value = {};
    bias.value = {};
  }

  void forward(Backend& b, TensorView x, TensorView y, std::optional<Activation> activation = {},
               TensorView residual = {}) const {
    ops::linear(b, *packed_, {.x = x, .y = y, .activation = activation, .residual = residual});
  }

 private:
  bool projection_ = false, has_bias_ = true;
  std::unique_ptr<PackedLinear> packed_;
};

}  // namespace clipkit
