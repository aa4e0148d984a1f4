#pragma once

#include <memory>

#include "nn/param.h"
#include "ops/backend.h"

namespace clipkit {

// Convolution without bias, then BatchNorm:  y = (conv(x) - running_mean) / sqrt(running_var + eps) * gamma + beta.
// One layer, because for inference the two are one convolution.
class ConvBn {
 public:
  Param weight;                     // (C_out, C_in, k, k)
  Param gamma, beta;                // (C_out) the norm's weight and bias
  Param running_mean, running_var;  // (C_out)
  double eps = 1e-5;

  ConvBn(int64_t in, int64_t out, int kernel, int stride = 1);

  // The convolution and the norm have names of their own in a checkpoint ("conv1.", "bn1.").
  void visit_params(const std::string& conv, const std::string& norm, const ParamVisitor& visit);
  // Folds the norm into the convolution, in double, and packs it.
  void prepare(Backend& b);

  int64_t out_channels() const { return weight.shape[0]; }
  int64_t out_size(int64_t in) const { return packed_->out_size(in); }
  // x: (N, H, W, C_in), y and residual: (N, H', W', C_out), operand type.
  void forward(Backend& b, TensorView x, TensorView y, bool relu, TensorView residual = {}) const {
    ops::convolution(b, *packed_, {.x = x, .y = y, .relu = relu, .residual = residual});
  }

 private:
  int stride_, padding_;
  std::unique_ptr<PackedConvolution> packed_;
};

}  // namespace clipkit
