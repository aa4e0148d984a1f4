#pragma once

#include <functional>
#include <memory>

#include "clipkit/tensor.h"
#include "tensor/laid_out.h"

// Square convolution on NHWC pictures, bias and ReLU included:  y = relu(conv(x, W) + bias + residual).

namespace clipkit {

struct ConvolutionSpec {
  TensorView weight;  // (C_out, C_in, k, k) sum type, or int8; for inference BatchNorm is folded in
  TensorView bias{};  // (C_out) sum type; may be empty
  int stride = 1;
  int padding = 0;
  // With a weight of int8, which then stands for weight[o, c, a, b] * scales[o] * input_scales[c]: pixels become bytes
  // as well (reference/quantized_convolution.h). Else empty.
  TensorView scales{};                                 // (C_out) float32
  TensorView input_scales{};                           // (C_in) float32
  std::function<void(const TensorView& x)> observe{};  // for calibration, as LinearSpec's
  LaidOut* laid_out = nullptr;                         // see LinearSpec
};

// Convolution weights as their backend wants them. Opaque.
class PackedConvolution {
 public:
  virtual ~PackedConvolution() = default;
  int64_t in_channels() const noexcept { return in_channels_; }
  int64_t out_channels() const noexcept { return out_channels_; }
  int64_t kernel() const noexcept { return kernel_; }
  int64_t stride() const noexcept { return stride_; }
  int64_t padding() const noexcept { return padding_; }
  // Height or width of the result.
  int64_t out_size(int64_t in) const noexcept { return (in + 2 * padding_ - kernel_) / stride_ + 1; }

  std::function<void(const TensorView& x)> observe;  // ConvolutionSpec's

 protected:
  explicit PackedConvolution(const ConvolutionSpec& spec)
      : in_channels_(spec.weight.shape()[1]),
        out_channels_(spec.weight.shape()[0]),
        kernel_(spec.weight.shape()[2]),
        stride_(spec.stride),
        padding_(spec.padding) {}

 private:
  int64_t in_channels_, out_channels_, kernel_, stride_, padding_;
};

struct ConvolutionArgs {
  TensorView x;  // (N, H, W, C_in) operand type
  TensorView y;  // (N, H', W', C_out) operand type
  bool relu = false;
  TensorView residual{};  // like y, or empty; may be y itself
};

// dx = what conv(x, W) hands back from dy: every pixel of dy, times W, to the pixels of x that it was made of.
struct ConvolutionInputGradientArgs {
  TensorView dy;  // (N, H', W', C_out) operand type
  TensorView dx;  // (N, H, W, C_in) operand type, written
};

// dweight += sum over all pixels of dy times the pixels of x that they were made of.
struct ConvolutionWeightGradientArgs {
  TensorView x;        // (N, H, W, C_in) operand type
  TensorView dy;       // (N, H', W', C_out) operand type
  TensorView dweight;  // (C_out, C_in, k, k) sum type, accumulated
  int stride = 1;
  int padding = 0;
};

class Backend;

namespace ops {
std::unique_ptr<PackedConvolution> pack_convolution(Backend& backend, const ConvolutionSpec& spec);
void convolution(Backend& backend, const PackedConvolution& weights, const ConvolutionArgs& args);
void convolution_input_gradient(Backend& backend, const PackedConvolution& weights,
                                const ConvolutionInputGradientArgs& args);
void convolution_weight_gradient(Backend& backend, const ConvolutionWeightGradientArgs& args);
}  // namespace ops

}  // namespace clipkit
