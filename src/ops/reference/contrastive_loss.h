#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

// See ops/contrastive_loss.h. x: (n, E), y: (N, E).

namespace clipkit::reference {

template <class T>
T dot(const T* a, const T* b, int64_t n) noexcept {
  T sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// loss[i] = reduced[i] - l[i, first + i], reduced[i] = log sum exp of row i.  reduced, loss: (n).
template <class T>
void softmax_loss(const T* x, const T* y, T scale, int64_t first, int64_t n, int64_t N, int64_t E, T* reduced,
                  T* loss) noexcept {
  for (int64_t i = 0; i < n; ++i, x += E) {
    T largest = scale * dot(x, y, E);
    for (int64_t j = 1; j < N; ++j) largest = std::max(largest, scale * dot(x, y + j * E, E));
    T sum = 0;
    for (int64_t j = 0; j < N; ++j) sum += std::exp(scale * dot(x, y + j * E, E) - largest);
    reduced[i] = largest + std::log(sum);
    loss[i] = reduced[i] - scale * dot(x, y + (first + i) * E, E);
  }
}

// dx is written, dlogit_scale accumulated.
template <class T>
void softmax_loss_backward(const T* x, const T* y, T scale, int64_t first, int64_t n, int64_t N, int64_t E,
                           const T* reduced, const T* reduced_y, T factor, T scalar_factor, bool own_side_only, T* dx,
                           T& dlogit_scale) noexcept {
  for (int64_t i = 0; i < n; ++i, x += E, dx += E) {
    std::fill(dx, dx + E, T(0));
    for (int64_t j = 0; j < N; ++j) {
      const T l = scale * dot(x, y + j * E, E), own = j == first + i ? 1 : 0;
      const T p = std::exp(l - reduced[i]) - own, q = std::exp(l - reduced_y[j]) - own;
      const T dl = factor * (own_side_only ? p : p + q);
      for (int64_t e = 0; e < E; ++e) dx[e] += scale * dl * y[j * E + e];
      dlogit_scale += scalar_factor * (p + q) * l;
    }
  }
}

// log(1 + exp(x)) without overflow.
template <class T>
T softplus(T x) noexcept {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
void sigmoid_loss(const T* x, const T* y, T scale, T bias, int64_t first, int64_t n, int64_t N, int64_t E, T* reduced,
                  T* loss) noexcept {
  for (int64_t i = 0; i < n; ++i, x += E) {
    reduced[i] = 0;
    for (int64_t j = 0; j < N; ++j) reduced[i] += softplus(scale * dot(x, y + j * E, E) + bias);
    loss[i] = reduced[i] - (scale * dot(x, y + (first + i) * E, E) + bias);
  }
}

template <class T>
void sigmoid_loss_backward(const T* x, const T* y, T scale, T bias, int64_t first, int64_t n, int64_t N, int64_t E,
                           T factor, T scalar_factor, T* dx, T& dlogit_scale, T& dlogit_bias) noexcept {
  for (int64_t i = 0; i < n; ++i, x += E, dx += E) {
    std::fill(dx, dx + E, T(0));
    for (int64_t j = 0; j < N; ++j) {
      const T l = scale * dot(x, y + j * E, E), own = j == first + i ? 1 : 0;
      const T dl = T(1) / (T(1) + std::exp(-l - bias)) - own;
      for (int64_t e = 0; e < E; ++e) dx[e] += scale * factor * dl * y[j * E + e];
      dlogit_scale += scalar_factor * dl * l;
      dlogit_bias += scalar_factor * dl;
    }
  }
}

}  // namespace clipkit::reference
