// A product of a few rows with a matrix, in registers. Included once per instruction set by Highway's foreach_target.h,
// hence no #pragma once.
#if defined(CLIPKIT_CPU_ROWS_TIMES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLIPKIT_CPU_ROWS_TIMES_INL_H_
#undef CLIPKIT_CPU_ROWS_TIMES_INL_H_
#else
#define CLIPKIT_CPU_ROWS_TIMES_INL_H_
#endif

#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// Rows and vectors of the register tile: with 32 registers 6 x 4 sums, with 16 registers 4 x 2.
constexpr int kTileRows = HWY_TARGET <= HWY_AVX3 ? 6 : 4;
constexpr int kTileVecs = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

// C[r][j] = sum over k of A[r][k] * B[k][j], one tile. Each element is a chain of FMAs in the order of k, so its bits
// do not depend on the tile it falls into.
template <int kRows, int kVecs>
HWY_INLINE void Tile(const float* a, int64_t a_stride, const float* b, int64_t b_stride, int64_t k, float* c,
                     int64_t c_stride) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  Vec sum[kRows][kVecs];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::Zero(d);
  }
  for (int64_t l = 0; l < k; ++l, b += b_stride) {
    Vec row[kVecs];
    for (int v = 0; v < kVecs; ++v) row[v] = hn::LoadU(d, b + static_cast<size_t>(v) * lanes);
    for (int r = 0; r < kRows; ++r) {
      const Vec factor = hn::Set(d, a[r * a_stride + l]);
      for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) hn::StoreU(sum[r][v], d, c + r * c_stride + v * static_cast<int64_t>(lanes));
  }
}

template <int kRows>
HWY_INLINE void RowsTimes(const float* a, int64_t a_stride, const float* b, int64_t b_stride, int64_t k, int64_t vecs,
                          float* c, int64_t c_stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F()));
  int64_t v = 0;
  for (; v + kTileVecs <= vecs; v += kTileVecs) {
    Tile<kRows, kTileVecs>(a, a_stride, b + v * lanes, b_stride, k, c + v * lanes, c_stride);
  }
  for (; v < vecs; ++v) Tile<kRows, 1>(a, a_stride, b + v * lanes, b_stride, k, c + v * lanes, c_stride);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
