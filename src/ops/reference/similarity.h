#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace clipkit::reference {

// y = x / max(|x|, 1e-12).  x, y: (R, D); may be the same.
template <class T>
void normalize_rows(const T* x, int64_t R, int64_t D, T* y) noexcept {
  for (int64_t r = 0; r < R; ++r, x += D, y += D) {
    T sum_sq = 0;
    for (int64_t d = 0; d < D; ++d) sum_sq += x[d] * x[d];
    const T factor = T(1) / std::max(std::sqrt(sum_sq), T(1e-12));
    for (int64_t d = 0; d < D; ++d) y[d] = x[d] * factor;
  }
}

// With y = x / |x|:  dx = (dy - y (y . dy)) / |x|; where |x| < 1e-12, forward was a product and so is this.  dx may be
// dy.
template <class T>
void normalize_rows_backward(const T* x, const T* dy, int64_t R, int64_t D, T* dx) noexcept {
  for (int64_t r = 0; r < R; ++r, x += D, dy += D, dx += D) {
    T sum_sq = 0, dot = 0;
    for (int64_t d = 0; d < D; ++d) {
      sum_sq += x[d] * x[d];
      dot += x[d] * dy[d];
    }
    const T norm = std::sqrt(sum_sq), factor = T(1) / std::max(norm, T(1e-12));
    const T along = norm > T(1e-12) ? dot * factor * factor : T(0);
    for (int64_t d = 0; d < D; ++d) dx[d] = (dy[d] - x[d] * along) * factor;
  }
}

// y = exp(x - max x) / sum.  x, y: (R, D); may be the same.
template <class T>
void softmax_rows(const T* x, int64_t R, int64_t D, T* y) noexcept {
  for (int64_t r = 0; r < R; ++r, x += D, y += D) {
    if (D == 0) continue;
    const T largest = *std::max_element(x, x + D);
    T sum = 0;
    for (int64_t d = 0; d < D; ++d) sum += y[d] = std::exp(x[d] - largest);
    for (int64_t d = 0; d < D; ++d) y[d] /= sum;
  }
}

// c = alpha * a b^T.  a: (m, k), b: (n, k), c: (m, n).
template <class T>
void similarity(const T* a, const T* b, T alpha, int64_t m, int64_t n, int64_t k, T* c) noexcept {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (int64_t l = 0; l < k; ++l) sum += a[i * k + l] * b[j * k + l];
      c[i * n + j] = alpha * sum;
    }
  }
}

}  // namespace clipkit::reference
