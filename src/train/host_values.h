#pragma once

#include "ops/backend.h"

namespace clipkit {

// The sum of a tensor of the backend's sum type, in float64. Waits for the backend.
inline double sum_on_host(Backend& b, TensorView tensor) {
  const Tensor host = Tensor::empty(tensor.shape(), b.sum_dtype());
  b.download(tensor, host);
  b.synchronize();
  double sum = 0;
  if (host.dtype() == DType::kFloat64) {
    for (const double value : host.span<double>()) sum += value;
  } else {
    for (const float value : host.span<float>()) sum += static_cast<double>(value);
  }
  return sum;
}

// The tensor on the host; where it is there already, without a copy. Read it after synchronize().
inline Tensor on_host(Backend& b, const Tensor& tensor, DType dtype) {
  if (b.device() == Device{} && tensor.dtype() == dtype) return {tensor.view(), tensor.owner()};
  Tensor host = Tensor::empty(tensor.shape(), dtype);
  b.download(tensor, host);
  return host;
}

}  // namespace clipkit
