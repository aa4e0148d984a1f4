#pragma once

#include <cmath>
#include <cstdint>

namespace clipkit::reference {

// Layer normalisation over the last axis (Ba et al. 2016, section 3; in CLIP before attention and MLP).
//   y = (x - mean) / sqrt(var + eps) * weight + bias      var divides by D, not D - 1
// x, y: (R, D).   weight, bias: (D).
template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T eps, int64_t R, int64_t D, T* y) noexcept {
  for (int64_t r = 0; r < R; ++r, x += D, y += D) {
    T sum = 0, sum_sq = 0;
    for (int64_t d = 0; d < D; ++d) sum += x[d];
    const T mean = sum / T(D);
    // Two passes: E[x^2] - mean^2 loses every digit when |mean| is much larger than the deviation.
    for (int64_t d = 0; d < D; ++d) sum_sq += (x[d] - mean) * (x[d] - mean);
    const T rstd = T(1) / std::sqrt(sum_sq / T(D) + eps);
    for (int64_t d = 0; d < D; ++d) y[d] = (x[d] - mean) * rstd * weight[d] + bias[d];
  }
}

// With xhat = (x - mean) * rstd and g = dy * weight:  dx = rstd * (g - mean(g) - xhat * mean(g * xhat))     written
//   dweight += sum over rows of dy * xhat,  dbias += sum over rows of dy                                 accumulated
// dx may be dy. dweight and dbias may both be null.
template <class T>
void layer_norm_backward(const T* x, const T* weight, T eps, const T* dy, int64_t R, int64_t D, T* dx, T* dweight,
                         T* dbias) noexcept {
  for (int64_t r = 0; r < R; ++r, x += D, dy += D, dx += D) {
    T sum = 0, sum_sq = 0;
    for (int64_t d = 0; d < D; ++d) sum += x[d];
    const T mean = sum / T(D);
    for (int64_t d = 0; d < D; ++d) sum_sq += (x[d] - mean) * (x[d] - mean);
    const T rstd = T(1) / std::sqrt(sum_sq / T(D) + eps);
    T mean_g = 0, mean_gx = 0;
    for (int64_t d = 0; d < D; ++d) {
      const T xhat = (x[d] - mean) * rstd;
      mean_g += dy[d] * weight[d] / T(D);
      mean_gx += dy[d] * weight[d] * xhat / T(D);
      if (dweight == nullptr) continue;
      dweight[d] += dy[d] * xhat;
      dbias[d] += dy[d];
    }
    for (int64_t d = 0; d < D; ++d) {
      const T xhat = (x[d] - mean) * rstd;
      dx[d] = rstd * (dy[d] * weight[d] - mean_g - xhat * mean_gx);
    }
  }
}

}  // namespace clipkit::reference
