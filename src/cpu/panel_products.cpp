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

// Eight columns of up to four rows. AVX2's products of bytes saturate at 16 bits, so bytes are widened first.
__attribute__((target("avx2"))) void avx2_rows(const uint8_t* const* a, int64_t rows, const int8_t* panel,
                                               int64_t depth, int32_t* sums) {
  __m256i left[4], right[4];  // of each column two sums, of the even and odd pairs
  for (int r = 0; r < 4; ++r) left[r] = right[r] = _mm256_setzero_si256();
  for (int64_t k = 0; k < depth; k += 4, panel += 4 * kPanelColumns) {
    const __m256i w_left = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel)));
    const __m256i w_right = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + 16)));
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
      int32_t four;
      std::memcpy(&four, a[r] + k, sizeof four);
      const __m256i x = _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(four)));
      left[r] = _mm256_add_epi32(left[r], _mm256_madd_epi16(x, w_left));
      right[r] = _mm256_add_epi32(right[r], _mm256_madd_epi16(x, w_right));
    }
  }
  for (int64_t r = 0; r < rows; ++r) {  // columns 0 1 4 5 2 3 6 7 in quarters of 64 bits
    const __m256i both = _mm256_permute4x64_epi64(_mm256_hadd_epi32(left[r], right[r]), 0xD8);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + r * kPanelColumns), both);
  }
}

void avx2(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth, int32_t* sums) {
  for (int64_t first = 0; first < rows; first += 4) {
    const int64_t count = rows - first < 4 ? rows - first : 4;
    const uint8_t* row[4];
    for (int64_t r = 0; r < 4; ++r) row[r] = a + (first + (r < count ? r : 0)) * a_stride;
    for (int64_t c = 0; c < kPanelColumns; c += 8) {
      avx2_rows(row, count, panel + 4 * c, depth, sums + first * kPanelColumns + c);
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
