#pragma once

#include <memory>

#include "clipkit/tensor.h"

// Square convolution on NHWC pictures, bias and ReLU included:  y = relu(conv(x, W) + bias + residual).

namespace clipkit {

struct ConvolutionSpec {
  TensorView weight;  // (C_out, C_in, k, k) sum type, BatchNorm folded in
  TensorView bias;    // (C_out) sum type
  int stride = 1;
  int padding = 0;
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

class Backend;

namespace ops {
std::unique_ptr<PackedConvolution> pack_convolution(Backend& backend, const ConvolutionSpec& spec);
void convolution(Backend& backend, const PackedConvolution& weights, const ConvolutionArgs& args);
}  // namespace ops

}  // namespace clipkit
