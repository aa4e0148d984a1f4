#include "nn/conv_bn.h"

#include <cmath>
#include <utility>

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

namespace {

// w * factor per output channel, and beta - mean * factor. T is the type that the backend sums in.
template <class T>
std::pair<Tensor, Tensor> fold(const ConvBn& layer, DType dtype) {
  const Tensor w = to_dtype(layer.weight.value, DType::kFloat32), gamma = to_dtype(layer.gamma.value, DType::kFloat32),
               beta = to_dtype(layer.beta.value, DType::kFloat32),
               mean = to_dtype(layer.running_mean.value, DType::kFloat32),
               var = to_dtype(layer.running_var.value, DType::kFloat32);
  Tensor folded = Tensor::empty(layer.weight.shape, dtype), bias = Tensor::empty({layer.out_channels()}, dtype);
  for (int64_t o = 0; o < layer.out_channels(); ++o) {
    const double factor = gamma.data<float>()[o] / std::sqrt(double{var.data<float>()[o]} + layer.eps);
    const auto from = w.row<float>(o);
    const auto to = folded.row<T>(o);
    for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<T>(from[i] * factor);
    bias.data<T>()[o] = static_cast<T>(beta.data<float>()[o] - mean.data<float>()[o] * factor);
  }
  return {std::move(folded), std::move(bias)};
}

}  // namespace

void ConvBn::prepare(Backend& b) {
  const DType dtype = b.sum_dtype();
  const auto [folded, bias] = dtype == DType::kFloat64 ? fold<double>(*this, dtype) : fold<float>(*this, dtype);
  packed_ = ops::pack_convolution(b, {.weight = folded, .bias = bias, .stride = stride_, .padding = padding_});
  for (Param* param : {&weight, &gamma, &beta, &running_mean, &running_var}) param->release();
}

}  // namespace clipkit
