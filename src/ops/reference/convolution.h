#pragma once

#include <algorithm>
#include <cstdint>

namespace clipkit::reference {

// y[n,i,j,o] = relu(bias[o] + sum over a,b,c of x[n, i*stride - padding + a, j*stride - padding + b, c] *
// weight[o,c,a,b] + residual) x: (N, H, W, C), weight: (O, C, K, K), bias: (O) or null, y and residual: (N, H', W', O).
// Outside of x is zero.
template <class T>
void convolution(const T* x, const T* weight, const T* bias, const T* residual, bool relu, int64_t N, int64_t H,
                 int64_t W, int64_t C, int64_t O, int64_t K, int64_t stride, int64_t padding, T* y) noexcept {
  const int64_t out_h = (H + 2 * padding - K) / stride + 1, out_w = (W + 2 * padding - K) / stride + 1;
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < out_h; ++i) {
      for (int64_t j = 0; j < out_w; ++j) {
        for (int64_t o = 0; o < O; ++o) {
          const int64_t at = ((n * out_h + i) * out_w + j) * O + o;
          T sum = bias != nullptr ? bias[o] : T(0);
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

namespace detail {

// Calls body(y element without channel, x element without channel, a, b) for every pair of pixels that a convolution
// joins.
template <class Body>
void for_joined_pixels(int64_t N, int64_t H, int64_t W, int64_t K, int64_t stride, int64_t padding, const Body& body) {
  const int64_t out_h = (H + 2 * padding - K) / stride + 1, out_w = (W + 2 * padding - K) / stride + 1;
  for (int64_t y = 0; y < N * out_h * out_w; ++y) {
    const int64_t n = y / (out_h * out_w), i = y / out_w % out_h, j = y % out_w;
    for (int64_t a = 0; a < K; ++a) {
      for (int64_t b = 0; b < K; ++b) {
        const int64_t h = i * stride - padding + a, w = j * stride - padding + b;
        if (h >= 0 && h < H && w >= 0 && w < W) body(y, (n * H + h) * W + w, a, b);
      }
    }
  }
}

}  // namespace detail

// dx[..., c] = sum over the joined pixels and o of dy[..., o] * weight[o,c,a,b]. Shapes as above.
template <class T>
void convolution_input_gradient(const T* dy, const T* weight, int64_t N, int64_t H, int64_t W, int64_t C, int64_t O,
                                int64_t K, int64_t stride, int64_t padding, T* dx) noexcept {
  std::fill(dx, dx + N * H * W * C, T(0));
  detail::for_joined_pixels(N, H, W, K, stride, padding, [&](int64_t y, int64_t x, int64_t a, int64_t b) {
    for (int64_t o = 0; o < O; ++o) {
      for (int64_t c = 0; c < C; ++c) dx[x * C + c] += dy[y * O + o] * weight[((o * C + c) * K + a) * K + b];
    }
  });
}

// dweight[o,c,a,b] += sum over the joined pixels of dy[..., o] * x[..., c].
template <class T>
void convolution_weight_gradient(const T* x, const T* dy, int64_t N, int64_t H, int64_t W, int64_t C, int64_t O,
                                 int64_t K, int64_t stride, int64_t padding, T* dweight) noexcept {
  detail::for_joined_pixels(N, H, W, K, stride, padding, [&](int64_t y, int64_t from, int64_t a, int64_t b) {
    for (int64_t o = 0; o < O; ++o) {
      for (int64_t c = 0; c < C; ++c) dweight[((o * C + c) * K + a) * K + b] += dy[y * O + o] * x[from * C + c];
    }
  });
}

}  // namespace clipkit::reference
