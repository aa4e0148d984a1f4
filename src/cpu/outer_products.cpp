#include <bit>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/outer_products.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// Rows of the register tile, which is two vectors wide: with 32 registers 16 sums, with 16 registers 8.
constexpr int kTileRows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;

HWY_INLINE Vec Broadcast(F d, const float* from) {
  return hn::Set(d, *from);
}
HWY_INLINE Vec Broadcast(F d, const uint16_t* from) {
  return hn::Set(d, std::bit_cast<float>(static_cast<uint32_t>(*from) << 16));
}

// kRows rows of the result, kVecs vectors of them; the last vector may be `count` elements only.
template <int kRows, int kVecs, class T>
HWY_INLINE void Tile(const OuterProducts& s, const T* a, const T* b, int64_t count, float* to, int64_t to_stride) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto in_vector = [&](int v) HWY_ATTR { return v + 1 == kVecs ? count : lanes; };
  Vec sum[kRows][kVecs];
  for (int m = 0; m < kRows; ++m) {
    for (int v = 0; v < kVecs; ++v) sum[m][v] = LoadCount(d, to + m * to_stride + v * lanes, in_vector(v));
  }
  for (int64_t l = 0; l < s.lines; ++l, a += s.a_line, b += s.b_line) {
    const T *left = a, *right = b;
    for (int64_t r = 0; r < s.rows; ++r, left += s.a_row, right += s.b_row) {
      Vec row[kVecs];
      for (int v = 0; v < kVecs; ++v) row[v] = LoadCount(d, right + v * lanes, in_vector(v));
      for (int m = 0; m < kRows; ++m) {
        const Vec factor = Broadcast(d, left + m);
        for (int v = 0; v < kVecs; ++v) sum[m][v] = hn::MulAdd(factor, row[v], sum[m][v]);
      }
    }
  }
  for (int m = 0; m < kRows; ++m) {
    for (int v = 0; v < kVecs; ++v) StoreCount(d, sum[m][v], to + m * to_stride + v * lanes, in_vector(v));
  }
}

template <int kVecs, class T>
HWY_INLINE void Columns(const OuterProducts& s, const T* a, int64_t M, const T* b, int64_t count, float* to,
                        int64_t to_stride) {
  int64_t m = 0;
  for (; m + kTileRows <= M; m += kTileRows) Tile<kTileRows, kVecs>(s, a + m, b, count, to + m * to_stride, to_stride);
  for (; m + 2 <= M; m += 2) Tile<2, kVecs>(s, a + m, b, count, to + m * to_stride, to_stride);
  for (; m < M; ++m) Tile<1, kVecs>(s, a + m, b, count, to + m * to_stride, to_stride);
}

template <class T>
void Sum(const OuterProducts& s, const T* a, int64_t M, const T* b, int64_t N, float* to, int64_t to_stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F()));
  int64_t n = 0;
  for (; n + 2 * lanes <= N; n += 2 * lanes) Columns<2>(s, a, M, b + n, lanes, to + n, to_stride);
  for (; n < N; n += lanes) Columns<1>(s, a, M, b + n, HWY_MIN(lanes, N - n), to + n, to_stride);
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
