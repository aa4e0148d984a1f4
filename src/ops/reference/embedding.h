#pragma once

#include <cstdint>

namespace clipkit::reference {

// Patches as rows, see ops/embedding.h.  pixels: (N, C, H, W), y: (N * (H/P) * (W/P), C * P * P).
template <class In, class Out>
void patches(const In* pixels, int64_t N, int64_t C, int64_t H, int64_t W, int64_t P, Out* y) noexcept {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < H / P; ++i) {
      for (int64_t j = 0; j < W / P; ++j) {
        for (int64_t c = 0; c < C; ++c) {
          for (int64_t a = 0; a < P; ++a) {
            for (int64_t b = 0; b < P; ++b)
              *y++ = static_cast<Out>(pixels[((n * C + c) * H + i * P + a) * W + j * P + b]);
          }
        }
      }
    }
  }
}

// x[n, 0] = class_embedding + positions[0];  x[n, 1 + i] = patches[n, i] + positions[1 + i].   L = 1 + number of
// patches.
template <class T>
void embed_patches(const T* patches, const T* class_embedding, const T* positions, int64_t N, int64_t L, int64_t D,
                   T* x) noexcept {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t d = 0; d < D; ++d) *x++ = class_embedding[d] + positions[d];
    for (int64_t i = D; i < L * D; ++i) *x++ = *patches++ + positions[i];
  }
}

// dpatches[n, i] = dx[n, 1 + i];  dclass_embedding += sum over n of dx[n, 0],  dpositions += sum over n of dx[n].
// The last two may be null.
template <class T>
void embed_patches_backward(const T* dx, int64_t N, int64_t L, int64_t D, T* dpatches, T* dclass_embedding,
                            T* dpositions) noexcept {
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < L * D; ++i) {
      const T value = *dx++;
      if (dpositions != nullptr) dpositions[i] += value;
      if (i >= D) {
        *dpatches++ = value;
      } else if (dclass_embedding != nullptr) {
        dclass_embedding[i] += value;
      }
    }
  }
}

}  // namespace clipkit::reference
