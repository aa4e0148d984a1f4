#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace clipkit::reference {

// See ops/batch_norm.h. x, y, dy, dx: (R, C); mean, var, weight, bias: (C); sums: (2, C).

template <class T>
void batch_sums(const T* x, int64_t R, int64_t C, double* sums) noexcept {
  std::fill(sums, sums + 2 * C, 0.0);
  for (int64_t r = 0; r < R; ++r, x += C) {
    for (int64_t c = 0; c < C; ++c) {
      sums[c] += x[c];
      sums[C + c] += static_cast<double>(x[c]) * x[c];
    }
  }
}

template <class T>
void batch_moments(const double* sums, int64_t count, double momentum, int64_t C, T* mean, T* var, T* running_mean,
                   T* running_var) noexcept {
  const auto n = static_cast<double>(count);
  for (int64_t c = 0; c < C; ++c) {
    const double m = sums[c] / n, v = std::max(0.0, sums[C + c] / n - m * m);
    mean[c] = static_cast<T>(m);
    var[c] = static_cast<T>(v);
    const double unbiased = count > 1 ? v * n / (n - 1) : v;
    running_mean[c] = static_cast<T>((1 - momentum) * running_mean[c] + momentum * m);
    running_var[c] = static_cast<T>((1 - momentum) * running_var[c] + momentum * unbiased);
  }
}

// residual may be null.
template <class T>
void batch_norm(const T* x, const T* mean, const T* var, T eps, const T* weight, const T* bias, bool relu,
                const T* residual, int64_t R, int64_t C, T* y) noexcept {
  for (int64_t i = 0; i < R * C; ++i) {
    const int64_t c = i % C;
    T value = (x[i] - mean[c]) / std::sqrt(var[c] + eps) * weight[c] + bias[c];
    if (residual != nullptr) value += residual[i];
    y[i] = relu && value < T(0) ? T(0) : value;
  }
}

// y may be null; dweight and dbias may both be.
template <class T>
void batch_norm_backward_sums(const T* x, const T* mean, const T* var, T eps, const T* y, T* dy, int64_t R, int64_t C,
                              double* sums, T* dweight, T* dbias) noexcept {
  std::fill(sums, sums + 2 * C, 0.0);
  for (int64_t i = 0; i < R * C; ++i) {
    const int64_t c = i % C;
    if (y != nullptr && !(y[i] > T(0))) dy[i] = 0;
    sums[c] += dy[i];
    sums[C + c] += dy[i] * ((x[i] - mean[c]) / std::sqrt(var[c] + eps));
  }
  if (dweight == nullptr) return;
  for (int64_t c = 0; c < C; ++c) {
    dbias[c] += static_cast<T>(sums[c]);
    dweight[c] += static_cast<T>(sums[C + c]);
  }
}

// sums may be null.
template <class T>
void batch_norm_backward(const T* x, const T* mean, const T* var, T eps, const T* weight, const T* dy,
                         const double* sums, int64_t count, int64_t R, int64_t C, T* dx) noexcept {
  const auto n = static_cast<double>(count);
  for (int64_t i = 0; i < R * C; ++i) {
    const int64_t c = i % C;
    const T rstd = T(1) / std::sqrt(var[c] + eps);
    T rest = dy[i];
    if (sums != nullptr) {
      rest -= static_cast<T>(sums[c] / n) + (x[i] - mean[c]) * rstd * static_cast<T>(sums[C + c] / n);
    }
    dx[i] = weight[c] * rstd * rest;
  }
}

}  // namespace clipkit::reference
