#include "nn/conv_bn.h"

#include <cmath>

#include "tensor/convert.h"

namespace clipkit {

ConvBn::ConvBn(int64_t in, int64_t out, int kernel, int stride)
    : weight{{out, in, kernel, kernel}},
      gamma{{out}},
      beta{{out}},
      running_mean{{out}, true},
      running_var{{out}, true},
      stride_(stride),
      padding_(kernel / 2) {}

void ConvBn::visit_params(const std::string& conv, const std::string& norm, const ParamVisitor& visit) {
  visit(conv + "weight", weight);
  visit(norm + "weight", gamma);
  visit(norm + "bias", beta);
  visit(norm + "running_mean", running_mean);
  visit(norm + "running_var", running_var);
}

void ConvBn::prepare(Backend& b) {
  const Tensor w = to_dtype(weight.value, DType::kFloat32), g = to_dtype(gamma.value, DType::kFloat32),
               shift = to_dtype(beta.value, DType::kFloat32), mean = to_dtype(running_mean.value, DType::kFloat32),
               var = to_dtype(running_var.value, DType::kFloat32);
  Tensor folded = Tensor::empty(weight.shape), bias = Tensor::empty({out_channels()});
  for (int64_t o = 0; o < out_channels(); ++o) {
    const double factor = g.data<float>()[o] / std::sqrt(double{var.data<float>()[o]} + eps);
    const auto from = w.row<float>(o);
    const auto to = folded.row<float>(o);
    for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(from[i] * factor);
    bias.data<float>()[o] = static_cast<float>(shift.data<float>()[o] - mean.data<float>()[o] * factor);
  }
  packed_ = ops::pack_convolution(b, {.weight = folded, .bias = bias, .stride = stride_, .padding = padding_});
  for (Param* param : {&weight, &gamma, &beta, &running_mean, &running_var}) param->value = {};
}

}  // namespace clipkit
