#pragma once

#include <cstdint>

namespace clipkit::reference {

// y[n,i,j,o] = relu(bias[o] + sum over a,b,c of x[n, i*stride - padding + a, j*stride - padding + b, c] *
// weight[o,c,a,b] + residual) x: (N, H, W, C), weight: (O, C, K, K), bias: (O), y and residual: (N, H', W', O). Outside
// of x is zero.
template <class T>
void convolution(const T* x, const T* weight, const T* bias, const T* residual, bool relu, int64_t N, int64_t H,
                 int64_t W, int64_t C, int64_t O, int64_t K, int64_t stride, int64_t padding, T* y) noexcept {
  const int64_t out_h = (H + 2 * padding - K) / stride + 1, out_w = (W + 2 * padding - K) / stride + 1;
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < out_h; ++i) {
      for (int64_t j = 0; j < out_w; ++j) {
        for (int64_t o = 0; o < O; ++o) {
          const int64_t at = ((n * out_h + i) * out_w + j) * O + o;
          T sum = bias[o];
          for (int64_t a = 0; a < K; ++a) {
            const int64_t h = i * stride - padding + a;
            if (h < 0 || h >= H) continue;
            for (int64_t b = 0; b < K; ++b) {
              const int64_t w = j * stride - padding + b;
              if (w < 0 || w >= W) continue;
              for (int64_t c = 0; c < C; ++c)
                sum += x[((n * H + h) * W + w) * C + c] * weight[((o * C + c) * K + a) * K + b];
            }
          }
          if (residual != nullptr) sum += residual[at];
          y[at] = relu && sum < T(0) ? T(0) : sum;
        }
      }
    }
  }
}

}  // namespace clipkit::reference
