#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "clipkit/activation.h"
#include "clipkit/tensor.h"
#include "tensor/laid_out.h"

// Linear layer:  y = activation(x W^T + bias) + residual.

namespace clipkit {

struct LinearSpec {
  TensorView weight;        // (out, in), or (in, out) if transposed; any floating type
  TensorView bias{};        // (out), any floating type; may be empty
  bool transposed = false;  // CLIP stores its projections as (in, out)
  // For weights that an optimiser moves: sum type, borrowed and multiplied where they lie as far as the backend can, in
  // both directions, so that training holds no second and third copy of them. After each change: repack_linear().
  bool training = false;
  // With a weight of int8, (out, in), which then stands for weight[o, i] * scales[o] * input_scales[i]: inputs become
  // bytes as well, row by row (reference/quantized_linear.h). Not for training. Else empty.
  TensorView scales{};                                 // (out) float32
  TensorView input_scales{};                           // (in) float32
  std::function<void(const TensorView& x)> observe{};  // for calibration: sees each input, where the backend has it
  // The weight as an earlier pack() laid it out, in whose place only shape and type of `weight` are looked at; if it is
  // empty it receives what this pack() makes. May be null. Not for training.
  LaidOut* laid_out = nullptr;
};

// A weight matrix in the layout and precision that its backend multiplies fastest. Opaque.
class PackedLinear {
 public:
  virtual ~PackedLinear() = default;
  int64_t in() const noexcept { return in_; }
  int64_t out() const noexcept { return out_; }

  std::function<void(const TensorView& x)> observe;  // LinearSpec's

 protected:
  PackedLinear(int64_t in, int64_t out) : in_(in), out_(out) {}

 private:
  int64_t in_, out_;
};

struct LinearArgs {
  TensorView x;                            // (R, in) operand type
  TensorView y;                            // (R, out) operand or sum type
  std::optional<Activation> activation{};  // none: identity
  TensorView residual{};                   // (R, out) sum type, or empty; may be y itself
};

// The gradient of x, for weights packed for training:  dx = dy W + residual.
struct LinearInputGradientArgs {
  TensorView dy;          // (R, out) operand type
  TensorView dx;          // (R, in) operand or sum type
  TensorView residual{};  // (R, in) sum type, or empty; may be dx itself
};

// What a linear layer's parameters learn from a batch, accumulated:  dweight += dy^T x,  dbias += sum over rows of dy.
struct LinearWeightGradientArgs {
  TensorView x;             // (R, in) operand type
  TensorView dy;            // (R, out) operand type
  TensorView dweight;       // (out, in), or (in, out) if transposed; operand or sum type, rounded once
  TensorView dbias{};       // (out) sum type, or empty
  bool transposed = false;  // as LinearSpec has it
};

class Backend;

namespace ops {
std::unique_ptr<PackedLinear> pack_linear(Backend& backend, const LinearSpec& spec);
// Takes the weights as they are now. spec: for training, of the same shape. Allocates nothing.
void repack_linear(Backend& backend, PackedLinear& weights, const LinearSpec& spec);
void linear(Backend& backend, const PackedLinear& weights, const LinearArgs& args);
void linear_input_gradient(Backend& backend, const PackedLinear& weights, const LinearInputGradientArgs& args);
void linear_weight_gradient(Backend& backend, const LinearWeightGradientArgs& args);
}  // namespace ops

}  // namespace clipkit
