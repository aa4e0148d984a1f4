#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "ops/reference/linear.h"

// Linear layers with weights and inputs of 8 bits. A row of inputs becomes bytes by itself, so its result is the same
// in any batch; sums are of integers, so it is the same in any order of adding.

namespace clipkit::reference {

// What the bytes of a row stand for: x[i] * input_scales[i] is about (q[i] - zero) * scale.
template <class T>
struct RowScale {
  T scale;
  int32_t zero;  // 0 to 255: the byte that is exactly 0
};

// Rows that hold, or give, anything that is not finite have scale NaN and q of zero; rows of nothing but zeros scale 0.
// q: (n).
template <class T>
RowScale<T> quantize_row(const T* x, const T* input_scales, int64_t n, uint8_t* q) noexcept {
  T low = 0, high = 0;
  bool finite = true;
  for (int64_t i = 0; i < n; ++i) {
    const T value = x[i] * input_scales[i];
    finite = finite && std::isfinite(value);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const T range = high - low;
  for (int64_t i = 0; i < n; ++i) q[i] = 0;
  if (!finite || !std::isfinite(range)) return {std::numeric_limits<T>::quiet_NaN(), 0};
  if (range < T(1e-30)) return {T(0), 0};
  const T scale = range / T(255), inverse = T(1) / scale;
  const auto zero = static_cast<int32_t>(std::nearbyint(-low * inverse));
  for (int64_t i = 0; i < n; ++i) {
    const auto steps = static_cast<int32_t>(std::nearbyint(x[i] * input_scales[i] * inverse));
    q[i] = static_cast<uint8_t>(std::clamp(steps + zero, 0, 255));
  }
  return {scale, zero};
}

// y = activation(x W^T + bias) + residual, where W[o, i] = weight[o, i] * scales[o] * input_scales[i].   x: (R, in),
// weight: (out, in), scales, bias: (out), bias may be null, input_scales: (in), residual: (R, out) or null. in: at most
// kMaxQuantizedInputs, so that sums stay within 32 bits.
constexpr int64_t kMaxQuantizedInputs = 65536;

template <class T>
void quantized_linear(const T* x, const int8_t* weight, const T* scales, const T* input_scales, const T* bias,
                      std::optional<Activation> activation, const T* residual, int64_t R, int64_t in, int64_t out,
                      T* y) {
  std::vector<uint8_t> q(static_cast<size_t>(in));
  for (int64_t r = 0; r < R; ++r) {
    const RowScale<T> row = quantize_row(x + r * in, input_scales, in, q.data());
    for (int64_t o = 0; o < out; ++o) {
      int32_t products = 0, weights = 0;
      for (int64_t i = 0; i < in; ++i) {
        products += q[static_cast<size_t>(i)] * weight[o * in + i];
        weights += weight[o * in + i];
      }
      T sum = static_cast<T>(products - row.zero * weights) * (row.scale * scales[o]);
      if (bias != nullptr) sum += bias[o];
      if (activation) sum = activate(*activation, sum);
      y[r * out + o] = residual != nullptr ? sum + residual[r * out + o] : sum;
    }
  }
}

}  // namespace clipkit::reference
