#pragma once

#include <cstdint>
#include <vector>

#include "ops/reference/quantized_linear.h"

namespace clipkit::reference {

// convolution.h's, where W[o, c, a, b] = weight[o, c, a, b] * scales[o] * input_scales[c] and the pixels of x are bytes
// as well. With K = 1 each pixel has a scale of its own, as a row of a linear layer has. Larger kernels add pixels to
// each other, so those of a picture share one: pictures, and not more, as the rest of a batch must change nothing.
// scales: (O), input_scales: (C), the rest as in convolution.h.
template <class T>
void quantized_convolution(const T* x, const int8_t* weight, const T* scales, const T* input_scales, const T* bias,
                           const T* residual, bool relu, int64_t N, int64_t H, int64_t W, int64_t C, int64_t O,
                           int64_t K, int64_t stride, int64_t padding, T* y) {
  const int64_t out_h = (H + 2 * padding - K) / stride + 1, out_w = (W + 2 * padding - K) / stride + 1;
  const int64_t pixels = H * W, sharing = K == 1 ? 1 : pixels;
  std::vector<uint8_t> q(static_cast<size_t>(pixels * C));
  std::vector<ByteScale<T>> of(static_cast<size_t>(pixels));
  for (int64_t n = 0; n < N; ++n, x += pixels * C) {
    for (int64_t p = 0; p < pixels; p += sharing) {
      const ByteScale<T> s = quantize_rows(x + p * C, input_scales, sharing, C, q.data() + p * C);
      std::fill_n(of.begin() + p, sharing, s);
    }
    for (int64_t i = 0; i < out_h; ++i) {
      for (int64_t j = 0; j < out_w; ++j) {
        const ByteScale<T> s = of[static_cast<size_t>(K == 1 ? i * stride * W + j * stride : 0)];
        for (int64_t o = 0; o < O; ++o) {
          int32_t products = 0;
          for (int64_t a = 0; a < K; ++a) {
            const int64_t h = i * stride - padding + a;
            if (h < 0 || h >= H) continue;
            for (int64_t b = 0; b < K; ++b) {
              const int64_t w = j * stride - padding + b;
              if (w < 0 || w >= W) continue;
              for (int64_t c = 0; c < C; ++c) {
                products +=
                    (q[static_cast<size_t>((h * W + w) * C + c)] - s.zero) * weight[((o * C + c) * K + a) * K + b];
              }
            }
          }
          const int64_t at = ((n * out_h + i) * out_w + j) * O + o;
          T sum = static_cast<T>(products) * (s.scale * scales[o]);
          if (bias != nullptr) sum += bias[o];
          if (residual != nullptr) sum += residual[at];
          y[at] = relu && sum < T(0) ? T(0) : sum;
        }
      }
    }
  }
}

}  // namespace clipkit::reference
