#include <cstring>
#include <iterator>

#include "base/cpu_target.h"
#include "cpu/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Debian's Highway has no dot products of bytes, hence intrinsics. The sums are of integers, so each way of adding them
// gives the same.

namespace clipkit::kernels {

namespace {

using PanelProducts = void (*)(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth,
                               int32_t* sums);

void plain(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth, int32_t* sums) {
  std::memset(sums, 0, static_cast<size_t>(rows * kPanelColumns) * sizeof(int32_t));
  for (int64_t r = 0; r < rows; ++r, a += a_stride, sums += kPanelColumns) {
    const int8_t* w = panel;
    for (int64_t k = 0; k < depth; k += 4, w += 4 * kPanelColumns) {
      for (int64_t c = 0; c < kPanelColumns; ++c) {
        sums[c] += a[k] * w[4 * c] + a[k + 1] * w[4 * c + 1] + a[k + 2] * w[4 * c + 2] + a[k + 3] * w[4 * c + 3];
      }
    }
  }
}

#if defined(__x86_64__)

// Without the loops unrolled, g++ 12 copies every sum to and fro.
template <int kRows>
__attribute__((target("avx512f,avx512vnni"))) void vnni_rows(const uint8_t* a, int64_t a_stride, const int8_t* panel,
                                                             int64_t depth, int32_t* sums) {
  __m512i low[kRows], high[kRows];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) low[r] = high[r] = _mm512_setzero_si512();
  for (int64_t k = 0; k < depth; k += 4, a += 4, panel += 128) {
    const __m512i w_low = _mm512_loadu_si512(panel), w_high = _mm512_loadu_si512(panel + 64);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      int32_t four;
      std::memcpy(&four, a + r * a_stride, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
      low[r] = _mm512_dpbusd_epi32(low[r], x, w_low);
      high[r] = _mm512_dpbusd_epi32(high[r], x, w_high);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    _mm512_storeu_si512(sums + r * 32, low[r]);
    _mm512_storeu_si512(sums + r * 32 + 16, high[r]);
  }
}

void vnni(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth, int32_t* sums) {
  using Rows = void (*)(const uint8_t*, int64_t, const int8_t*, int64_t, int32_t*);
  static constexpr Rows kByRows[] = {nullptr,       vnni_rows<1>,  vnni_rows<2>, vnni_rows<3>, vnni_rows<4>,
                                     vnni_rows<5>,  vnni_rows<6>,  vnni_rows<7>, vnni_rows<8>, vnni_rows<9>,
                                     vnni_rows<10>, vnni_rows<11>, vnni_rows<12>};
  static_assert(std::size(kByRows) == kPanelRows + 1);
  kByRows[rows](a, a_stride, panel, depth, sums);
}

// AVX2's products of bytes saturate at 16 bits, so both sides are widened first: the rows once for all columns, a piece
// of the inputs at a time, which stays in the nearest cache.
constexpr int64_t kPieceInputs = 256, kWideRows = 6;

// sums += eight columns of kRows rows.
template <int kRows>
__attribute__((target("avx2"))) void avx2_rows(const int16_t* a, const int8_t* panel, int64_t inputs, int32_t* sums) {
  __m256i left[kRows], right[kRows];  // of each column two sums, of the even and odd pairs
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) left[r] = right[r] = _mm256_setzero_si256();
  for (int64_t k = 0; k < inputs; k += 4, a += 4, panel += 4 * kPanelColumns) {
    const __m256i w_left = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel)));
    const __m256i w_right = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + 16)));
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      int64_t four;
      std::memcpy(&four, a + r * kPieceInputs, sizeof four);
      const __m256i x = _mm256_set1_epi64x(four);
      left[r] = _mm256_add_epi32(left[r], _mm256_madd_epi16(x, w_left));
      right[r] = _mm256_add_epi32(right[r], _mm256_madd_epi16(x, w_right));
      // Row after row: g++ 12 would load all of them first and have no registers left for the sums.
      asm volatile("" : "+x"(left[r]), "+x"(right[r]) : : "memory");
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {  // columns 0 1 4 5 2 3 6 7 in quarters of 64 bits
    const __m256i both = _mm256_permute4x64_epi64(_mm256_hadd_epi32(left[r], right[r]), 0xD8);
    auto* to = reinterpret_cast<__m256i*>(sums + r * kPanelColumns);
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), both));
  }
}

__attribute__((target("avx2"))) void widen(const uint8_t* from, int64_t n, int16_t* to) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_cvtepu8_epi16(bytes));
  }
  for (; i < n; ++i) to[i] = from[i];
}

void avx2(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth, int32_t* sums) {
  using Rows = void (*)(const int16_t*, const int8_t*, int64_t, int32_t*);
  static constexpr Rows kByRows[] = {nullptr,      avx2_rows<1>, avx2_rows<2>, avx2_rows<3>,
                                     avx2_rows<4>, avx2_rows<5>, avx2_rows<6>};
  static_assert(std::size(kByRows) == kWideRows + 1);
  alignas(32) int16_t wide[kPanelRows * kPieceInputs];
  std::memset(sums, 0, static_cast<size_t>(rows * kPanelColumns) * sizeof(int32_t));
  const int64_t tiles = (rows + kWideRows - 1) / kWideRows;
  for (int64_t k = 0; k < depth; k += kPieceInputs, panel += kPieceInputs * kPanelColumns) {
    const int64_t inputs = depth - k < kPieceInputs ? depth - k : kPieceInputs;
    for (int64_t r = 0; r < rows; ++r) widen(a + r * a_stride + k, inputs, wide + r * kPieceInputs);
    for (int64_t c = 0; c < kPanelColumns; c += 8) {
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t top = rows * t / tiles, end = rows * (t + 1) / tiles;
        kByRows[end - top](wide + top * kPieceInputs, panel + 4 * c, inputs, sums + top * kPanelColumns + c);
      }
    }
  }
}

#endif

PanelProducts choose() {
#if defined(__x86_64__)
  const CpuTarget target = cpu_target();
  if (target == CpuTarget::kAvx512 && __builtin_cpu_supports("avx512vnni")) return vnni;
  if (target == CpuTarget::kAvx512 || target == CpuTarget::kAvx2) return avx2;
#endif
  return plain;
}

}  // namespace

void panel_products(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth,
                    int32_t* sums) noexcept {
  static const PanelProducts chosen = choose();
  chosen(a, a_stride, rows, panel, depth, sums);
}

}  // namespace clipkit::kernels
