#pragma once

#include <memory>

#include "nn/context.h"
#include "nn/param.h"
#include "ops/backend.h"

namespace clipkit {

// Convolution without bias, then BatchNorm:  y = (conv(x) - mean) / sqrt(var + eps) * gamma + beta. One layer, because
// for inference, where mean and var are the running averages, the two are one convolution.
class ConvBn {
 public:
  Param weight;                     // (C_out, C_in, k, k)
  Param gamma, beta;                // (C_out) the norm's weight and bias
  Param running_mean, running_var;  // (C_out)
  double eps = 1e-5;
  double momentum = 0.1;  // of the running averages

  ConvBn(int64_t in, int64_t out, int kernel, int stride = 1);

  // The convolution and the norm have names of their own in a checkpoint ("conv1.", "bn1.").
  void visit_params(const std::string& conv, const std::string& norm, const ParamVisitor& visit);
  // Folds the norm into the convolution, in double, and packs it; in training when forward() is first called.
  void prepare(Backend& b);

  int64_t out_channels() const { return weight.shape[0]; }
  int64_t out_size(int64_t in) const { return (in + 2 * padding_ - weight.shape[2]) / stride_ + 1; }
  // x: (N, H, W, C_in), y and residual: (N, H', W', C_out), operand type; residual may be y itself.
  void forward(Backend& b, TensorView x, TensorView y, bool relu, TensorView residual = {}) const;

  // What backward reads, in the workspace; x and y are borrowed and must stay unchanged until then.
  struct Saved {
    TensorView x;          // (N, H, W, C_in)
    TensorView conv;       // (N, H', W', C_out) between convolution and norm
    TensorView y;          // (N, H', W', C_out) with ReLU, or empty
    TensorView mean, var;  // (C_out) what the norm used
    bool of_batch = true;  // mean and var are the batch's
  };
  // The same with the moments of the batch, which move the running averages; or, where these are frozen, with them.
  void forward_training(const Context& c, TensorView x, TensorView y, bool relu, TensorView residual, Saved& saved);
  // dy: like y, and with ReLU set to zero where y is: what is left is the gradient of residual. dx: like x, or empty
  // where nobody asks for it.
  void backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx);

 private:
  std::unique_ptr<PackedConvolution> fold(Backend& b, LaidOut* laid_out = nullptr) const;

  int stride_, padding_;
  // In training made when first asked for, and again after whatever it is made of has moved.
  mutable std::unique_ptr<PackedConvolution> folded_;
  std::unique_ptr<PackedConvolution> plain_;  // without the norm, for training
};

}  // namespace clipkit
