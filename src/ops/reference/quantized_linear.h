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

// What bytes stand for: x[i] * input_scales[i] is about (q[i] - zero) * scale.
template <class T>
struct ByteScale {
  T scale;
  int32_t zero;  // 0 to 255: the byte that is exactly 0
};

// The least and largest of some values and 0; low is -infinity where any value is not finite.
template <class T>
struct ByteRange {
  T low = 0, high = 0;

  void take(ByteRange other) noexcept {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
  // NaN for what is not finite, with its zero 0; scale 0 for nothing but zeros.
  ByteScale<T> scale() const noexcept {
    const T range = high - low;
    if (!std::isfinite(range)) return {std::numeric_limits<T>::quiet_NaN(), 0};
    if (range < T(1e-30)) return {T(0), 0};
    const T step = range / T(255);
    return {step, static_cast<int32_t>(std::nearbyint(-low * (T(1) / step)))};
  }
};

// Of R rows of n values.
template <class T>
ByteRange<T> byte_range(const T* x, const T* input_scales, int64_t R, int64_t n) noexcept {
  ByteRange<T> range;
  for (int64_t i = 0; i < R * n; ++i) {
    const T value = x[i] * input_scales[i % n];
    range.take(std::isfinite(value) ? ByteRange<T>{value, value} : ByteRange<T>{-std::numeric_limits<T>::infinity()});
  }
  return range;
}

// R rows with one scale; q: (R, n), zeros where the scale is NaN or 0.
template <class T>
ByteScale<T> quantize_rows(const T* x, const T* input_scales, int64_t R, int64_t n, uint8_t* q) noexcept {
  const ByteScale<T> s = byte_range(x, input_scales, R, n).scale();
  const T inverse = T(1) / s.scale;
  for (int64_t i = 0; i < R * n; ++i) {
    q[i] = 0;
    if (!(s.scale > 0)) continue;
    const auto steps = static_cast<int32_t>(std::nearbyint(x[i] * input_scales[i % n] * inverse));
    q[i] = static_cast<uint8_t>(std::clamp(steps + s.zero, 0, 255));
  }
  return s;
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
    const ByteScale<T> row = quantize_rows(x + r * in, input_scales, 1, in, q.data());
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
