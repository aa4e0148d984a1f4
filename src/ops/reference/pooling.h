#pragma once

#include <cstdint>

namespace clipkit::reference {

// 2x2 average pooling with stride 2.  x: (N, H, W, C), y: (N, H/2, W/2, C).
template <class T>
void average_pool(const T* x, int64_t N, int64_t H, int64_t W, int64_t C, T* y) noexcept {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < H / 2; ++i) {
      for (int64_t j = 0; j < W / 2; ++j) {
        const T* from = x + ((n * H + 2 * i) * W + 2 * j) * C;
        for (int64_t c = 0; c < C; ++c)
          *y++ = (from[c] + from[C + c] + from[W * C + c] + from[W * C + C + c]) * T(0.25);
      }
    }
  }
}

// A quarter of each pixel of dy to each of the four it is made of; dx is zero elsewhere.
template <class T>
void average_pool_backward(const T* dy, int64_t N, int64_t H, int64_t W, int64_t C, T* dx) noexcept {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t h = 0; h < H; ++h) {
      for (int64_t w = 0; w < W; ++w) {
        const bool read = h / 2 < H / 2 && w / 2 < W / 2;
        const int64_t from = ((n * (H / 2) + h / 2) * (W / 2) + w / 2) * C;
        for (int64_t c = 0; c < C; ++c) *dx++ = read ? dy[from + c] * T(0.25) : T(0);
      }
    }
  }
}

// The tokens of the attention pool: their mean first.  x: (N, S, D), positions: (1 + S, D), y: (N, 1 + S, D).
template <class T>
void mean_token(const T* x, const T* positions, int64_t N, int64_t S, int64_t D, T* y) noexcept {
  for (int64_t n = 0; n < N; ++n, x += S * D, y += (1 + S) * D) {
    for (int64_t d = 0; d < D; ++d) {
      T sum = 0;
      for (int64_t s = 0; s < S; ++s) {
        sum += x[s * D + d];
        y[(1 + s) * D + d] = x[s * D + d] + positions[(1 + s) * D + d];
      }
      y[d] = sum / T(S) + positions[d];
    }
  }
}

// dx[n, i] = dy[n, 1 + i] + dy[n, 0] / S;  dpositions, which may be null, += sum over n of dy[n].
template <class T>
void mean_token_backward(const T* dy, int64_t N, int64_t S, int64_t D, T* dx, T* dpositions) noexcept {
  for (int64_t n = 0; n < N; ++n, dy += (1 + S) * D, dx += S * D) {
    for (int64_t i = 0; i < S * D; ++i) dx[i] = dy[D + i] + dy[i % D] / T(S);
    if (dpositions == nullptr) continue;
    for (int64_t i = 0; i < (1 + S) * D; ++i) dpositions[i] += dy[i];
  }
}

}  // namespace clipkit::reference
