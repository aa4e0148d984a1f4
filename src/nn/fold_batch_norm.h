#pragma once

#include <cmath>
#include <cstdint>

#include "clipkit/tensor.h"

namespace clipkit {

struct ConvBnWeights {
  Tensor weight;  // (C_out, C_in, k, k), or (C_out) the scales of one of int8; may be empty, as is then the result's
  Tensor gamma, beta, mean, var;  // (C_out) of the norm behind it
};
struct FoldedConv {
  Tensor weight, bias;
};

// Convolution and BatchNorm with its running averages as one convolution: w * factor per output channel, and beta -
// mean * factor. T is the element type of all; the factor is a double.
template <class T>
FoldedConv fold_batch_norm(const ConvBnWeights& from, double eps = 1e-5) {
  const int64_t channels = from.gamma.shape()[0], size = from.weight ? from.weight.num_elements() / channels : 0;
  FoldedConv folded{from.weight ? Tensor::empty(from.weight.shape(), from.weight.dtype()) : Tensor(),
                    Tensor::empty({channels}, from.gamma.dtype())};
  for (int64_t o = 0; o < channels; ++o) {
    const double factor = from.gamma.data<T>()[o] / std::sqrt(double{from.var.data<T>()[o]} + eps);
    for (int64_t i = o * size; i < (o + 1) * size; ++i)
      folded.weight.data<T>()[i] = static_cast<T>(from.weight.data<T>()[i] * factor);
    folded.bias.data<T>()[o] = static_cast<T>(from.beta.data<T>()[o] - from.mean.data<T>()[o] * factor);
  }
  return folded;
}

}  // namespace clipkit
