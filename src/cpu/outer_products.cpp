#include <algorithm>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/outer_products.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// The register tile is two vectors wide; with 32 registers it has 16 sums, with 16 registers 8.
constexpr int kTileRows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;
constexpr int kTileVecs = 2;
// Columns of a, and rows of both, that are copied together before they are multiplied: read where they lie, far apart,
// they would push each other out of the cache.
constexpr int64_t kColumns = 32, kRows = 128;

// Rows [first, first + count) of the s.lines * s.rows, `width` elements of each, one after the other; zeros up to
// to_stride.
template <class T>
HWY_INLINE void Pack(const OuterProducts& s, const T* from, int64_t line_stride, int64_t row_stride, int64_t first,
                     int64_t count, int64_t width, float* to, int64_t to_stride) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t line = first / s.rows, row = first % s.rows;
  for (int64_t i = 0; i < count; ++i, to += to_stride) {
    const T* x = from + line * line_stride + row * row_stride;
    int64_t j = 0;
    for (; j + lanes <= width; j += lanes) StoreFloats(d, LoadFloats(d, x + j), to + j);
    if (j < width) StoreFloats(d, LoadPart(d, x + j, width - j), to + j);
    if (++row == s.rows) {
      row = 0;
      ++line;
    }
  }
}

// to[m][n] += sum over count rows of a[r][m] * b[r][n] for kTall rows m and `width` columns n, at most two vectors.
template <int kTall>
HWY_INLINE void Tile(const float* a, const float* b, int64_t count, int64_t width, float* to, int64_t to_stride) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t in_vector[kTileVecs] = {HWY_MIN(lanes, width), HWY_MAX(int64_t{0}, width - lanes)};
  Vec sum[kTall][kTileVecs];
  for (int m = 0; m < kTall; ++m) {
    for (int v = 0; v < kTileVecs; ++v) sum[m][v] = LoadCount(d, to + m * to_stride + v * lanes, in_vector[v]);
  }
  for (int64_t r = 0; r < count; ++r, a += kColumns, b += kTileVecs * lanes) {
    const Vec left = hn::Load(d, b), right = hn::Load(d, b + lanes);
    for (int m = 0; m < kTall; ++m) {
      const Vec factor = hn::Set(d, a[m]);
      sum[m][0] = hn::MulAdd(factor, left, sum[m][0]);
      sum[m][1] = hn::MulAdd(factor, right, sum[m][1]);
    }
  }
  for (int m = 0; m < kTall; ++m) {
    for (int v = 0; v < kTileVecs; ++v) StoreCount(d, sum[m][v], to + m * to_stride + v * lanes, in_vector[v]);
  }
}

template <class T>
HWY_INLINE void Sum(const OuterProducts& s, const T* a, int64_t M, const T* b, int64_t N, float* to,
                    int64_t to_stride) {
  constexpr int64_t kWide = kTileVecs * static_cast<int64_t>(hn::MaxLanes(F()));
  HWY_ALIGN float left[kRows * kColumns], right[kRows * kWide];
  const int64_t wide = kTileVecs * static_cast<int64_t>(hn::Lanes(F()));
  for (int64_t first = 0; first < s.lines * s.rows; first += kRows) {
    const int64_t count = HWY_MIN(kRows, s.lines * s.rows - first);
    for (int64_t column = 0; column < M; column += kColumns) {
      const int64_t columns = HWY_MIN(kColumns, M - column);
      Pack(s, a + column, s.a_line, s.a_row, first, count, columns, left, kColumns);
      for (int64_t n = 0; n < N; n += wide) {
        const int64_t width = HWY_MIN(wide, N - n);
        if (width < wide) std::fill(right, right + count * wide, 0.0f);
        Pack(s, b + n, s.b_line, s.b_row, first, count, width, right, wide);
        float* tile = to + column * to_stride + n;
        int64_t m = 0;
        for (; m + kTileRows <= columns; m += kTileRows) {
          Tile<kTileRows>(left + m, right, count, width, tile + m * to_stride, to_stride);
        }
        for (; m < columns; ++m) Tile<1>(left + m, right, count, width, tile + m * to_stride, to_stride);
      }
    }
  }
}
void SumFloat(const OuterProducts& s, const float* a, int64_t M, const float* b, int64_t N, float* to,
              int64_t to_stride) {
  Sum(s, a, M, b, N, to, to_stride);
}
void SumBfloat(const OuterProducts& s, const uint16_t* a, int64_t M, const uint16_t* b, int64_t N, float* to,
               int64_t to_stride) {
  Sum(s, a, M, b, N, to, to_stride);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(SumFloat);
HWY_EXPORT(SumBfloat);

void outer_products(const OuterProducts& s, const float* a, int64_t M, const float* b, int64_t N, float* to,
                    int64_t to_stride) noexcept {
  HWY_DYNAMIC_DISPATCH(SumFloat)(s, a, M, b, N, to, to_stride);
}
void outer_products(const OuterProducts& s, const uint16_t* a, int64_t M, const uint16_t* b, int64_t N, float* to,
                    int64_t to_stride) noexcept {
  HWY_DYNAMIC_DISPATCH(SumBfloat)(s, a, M, b, N, to, to_stride);
}

}  // namespace clipkit::kernels
#endif
