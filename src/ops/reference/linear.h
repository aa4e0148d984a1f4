#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "clipkit/activation.h"

namespace clipkit::reference {

template <class T>
T activate(Activation activation, T x) noexcept {
  switch (activation) {
    case Activation::kQuickGelu:
      return x / (T(1) + std::exp(T(-1.702) * x));
    case Activation::kGelu:
      return T(0.5) * x * (T(1) + std::erf(x / std::sqrt(T(2))));
    case Activation::kGeluTanh: {
      const T inner = std::sqrt(T(2) / T(3.14159265358979323846)) * (x + T(0.044715) * x * x * x);
      return T(0.5) * x * (T(1) + std::tanh(inner));
    }
  }
  return x;
}

// The derivative of activate().
template <class T>
T activate_slope(Activation activation, T x) noexcept {
  switch (activation) {
    case Activation::kQuickGelu: {
      const T sigmoid = T(1) / (T(1) + std::exp(T(-1.702) * x));
      return sigmoid * (T(1) + T(1.702) * x * (T(1) - sigmoid));
    }
    case Activation::kGelu: {
      const T density = std::exp(T(-0.5) * x * x) / std::sqrt(T(2) * T(3.14159265358979323846));
      return T(0.5) * (T(1) + std::erf(x / std::sqrt(T(2)))) + x * density;
    }
    case Activation::kGeluTanh: {
      const T factor = std::sqrt(T(2) / T(3.14159265358979323846)), cubic = T(0.044715);
      const T tanh = std::tanh(factor * (x + cubic * x * x * x));
      return T(0.5) * (T(1) + tanh) + T(0.5) * x * (T(1) - tanh * tanh) * factor * (T(1) + T(3) * cubic * x * x);
    }
  }
  return T(1);
}

// y = activation(x W^T + bias) + residual.   x: (R, in), weight: (out, in), bias: (out) or null, residual: (R, out) or
// null.
template <class T>
void linear(const T* x, const T* weight, const T* bias, std::optional<Activation> activation, const T* residual,
            int64_t R, int64_t in, int64_t out, T* y) noexcept {
  for (int64_t r = 0; r < R; ++r) {
    for (int64_t o = 0; o < out; ++o) {
      T sum = bias != nullptr ? bias[o] : T(0);
      for (int64_t i = 0; i < in; ++i) sum += x[r * in + i] * weight[o * in + i];
      if (activation) sum = activate(*activation, sum);
      y[r * out + o] = residual != nullptr ? sum + residual[r * out + o] : sum;
    }
  }
}

// dweight += dy^T x, dbias += sum over rows of dy.   x: (R, in), dy: (R, out), dweight: element (o, i) is at
// o * out_stride + i * in_stride, dbias: (out) or null.
template <class T>
void linear_weight_gradient(const T* x, const T* dy, int64_t R, int64_t in, int64_t out, int64_t out_stride,
                            int64_t in_stride, T* dweight, T* dbias) noexcept {
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) {
      T sum = 0;
      for (int64_t r = 0; r < R; ++r) sum += dy[r * out + o] * x[r * in + i];
      dweight[o * out_stride + i * in_stride] += sum;
    }
    if (dbias == nullptr) continue;
    for (int64_t r = 0; r < R; ++r) dbias[o] += dy[r * out + o];
  }
}

}  // namespace clipkit::reference
