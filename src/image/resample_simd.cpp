// Vectorised resampling, compiled once per instruction set.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "image/resample_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resample_simd.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// Highway's fallback has one lane; the plain loops are better.
void columns_kernel(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                    std::vector<uint8_t>& scratch) {
  resample_columns_plain(from, weights, origin, to, scratch);
}
void rows_kernel(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                 uint8_t* to) {
  resample_rows_plain(from, row_bytes, weights, origin, to);
}
void premultiply_kernel(const uint8_t* from, int64_t pixels, int channels, uint8_t* to) {
  premultiply_plain(from, pixels, channels, to);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::ScalableTag<uint8_t>;
using Shorts = hn::Repartition<int16_t, Bytes>;
using Words = hn::Repartition<int32_t, Bytes>;
using BytesVec = hn::Vec<Bytes>;
using ShortsVec = hn::Vec<Shorts>;
using WordsVec = hn::Vec<Words>;

// The lower bytes of the shorts of a, then those of b, within each 16-byte block: undoes interleaving with zero.
HWY_INLINE BytesVec pack_low_bytes(ShortsVec a, ShortsVec b) {
  alignas(16) static constexpr uint8_t kToLower[16] = {0,    2,    4,    6,    8,    10,   12,   14,
                                                       0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
  alignas(16) static constexpr uint8_t kToUpper[16] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                                       0,    2,    4,    6,    8,    10,   12,   14};
  const Bytes d8;
  return hn::Or(hn::TableLookupBytesOr0(hn::BitCast(d8, a), hn::LoadDup128(d8, kToLower)),
                hn::TableLookupBytesOr0(hn::BitCast(d8, b), hn::LoadDup128(d8, kToUpper)));
}

// A running sum of pairwise products, for one quarter of a vector's columns. x86 adds neighbouring products at once,
// into the first vector; NEON keeps lower and upper products apart until the end.
struct PairSum {
  WordsVec first, second;
  HWY_INLINE PairSum() : first(hn::Zero(Words())), second(hn::Zero(Words())) {}
  HWY_INLINE void add(ShortsVec samples, ShortsVec weights) {
    first = hn::ReorderWidenMulAccumulate(Words(), samples, weights, first, second);
  }
  HWY_INLINE WordsVec total() const { return hn::RearrangeToOddPlusEven(first, second); }
};

// high * 2^11 + low, rounded and shifted down; not yet clamped.
HWY_INLINE WordsVec finish(const PairSum& high, const PairSum& low) {
  const WordsVec sum = hn::Add(hn::ShiftLeft<FixedPointWeights::kLowBits>(high.total()), low.total());
  const WordsVec half = hn::Set(Words(), 1 << (FixedPointWeights::kPrecisionBits - 1));
  return hn::ShiftRight<FixedPointWeights::kPrecisionBits>(hn::Add(sum, half));
}

HWY_INLINE ShortsVec clamp_to_byte(WordsVec a, WordsVec b) {
  const Shorts d16;
  return hn::Min(hn::Max(hn::ReorderDemote2To(d16, a, b), hn::Zero(d16)), hn::Set(d16, 255));
}

// One vector of outputs: the weighted sum of `taps` vectors that lie `stride` bytes apart. Two taps at a time: their
// bytes are interleaved and widened, so that a pair of samples meets a pair of weights.
HWY_INLINE void sum_vectors(const uint8_t* HWY_RESTRICT from, int64_t stride, const int32_t* HWY_RESTRICT high,
                            const int32_t* HWY_RESTRICT low, int64_t taps, uint8_t* HWY_RESTRICT to) {
  const Bytes d8;
  const Shorts d16;
  const Words d32;
  const BytesVec zero = hn::Zero(d8);
  PairSum high0, high1, high2, high3, low0, low1, low2, low3;
  for (int64_t k = 0; k < taps; k += 2) {
    const BytesVec a = hn::LoadU(d8, from + k * stride);
    const BytesVec b = k + 1 < taps ? hn::LoadU(d8, from + (k + 1) * stride) : zero;
    const BytesVec lower = hn::InterleaveLower(d8, a, b), upper = hn::InterleaveUpper(d8, a, b);
    const ShortsVec s0 = hn::BitCast(d16, hn::InterleaveLower(d8, lower, zero));
    const ShortsVec s1 = hn::BitCast(d16, hn::InterleaveUpper(d8, lower, zero));
    const ShortsVec s2 = hn::BitCast(d16, hn::InterleaveLower(d8, upper, zero));
    const ShortsVec s3 = hn::BitCast(d16, hn::InterleaveUpper(d8, upper, zero));
    const ShortsVec high_pair = hn::BitCast(d16, hn::Set(d32, high[k / 2]));
    const ShortsVec low_pair = hn::BitCast(d16, hn::Set(d32, low[k / 2]));
    high0.add(s0, high_pair);
    high1.add(s1, high_pair);
    high2.add(s2, high_pair);
    high3.add(s3, high_pair);
    low0.add(s0, low_pair);
    low1.add(s1, low_pair);
    low2.add(s2, low_pair);
    low3.add(s3, low_pair);
  }
  const ShortsVec lower = clamp_to_byte(finish(high0, low0), finish(high1, low1));
  const ShortsVec upper = clamp_to_byte(finish(high2, low2), finish(high3, low3));
  hn::StoreU(pack_low_bytes(lower, upper), d8, to);
}

// Turns 16 rows of 16 bytes into 16 columns: four rounds of interleaving each row with the one eight further.
// Row i is read from from[i] + offset and written to to + i * to_stride.
HWY_INLINE void transpose_16(const uint8_t* const* from, int64_t offset, uint8_t* HWY_RESTRICT to, int64_t to_stride) {
  const hn::Full128<uint8_t> d;
  hn::Vec<hn::Full128<uint8_t>> v[16], w[16];
  for (int i = 0; i < 16; ++i) v[i] = hn::LoadU(d, from[i] + offset);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 8; ++i) {
      w[2 * i] = hn::InterleaveLower(d, v[i], v[i + 8]);
      w[2 * i + 1] = hn::InterleaveUpper(d, v[i], v[i + 8]);
    }
    for (int i = 0; i < 8; ++i) {
      v[2 * i] = hn::InterleaveLower(d, w[i], w[i + 8]);
      v[2 * i + 1] = hn::InterleaveUpper(d, w[i], w[i + 8]);
    }
  }
  for (int i = 0; i < 16; ++i) hn::StoreU(v[i], d, to + i * to_stride);
}

// to[column * kStripRows + row] = from[row * stride + column] for 1 <= rows <= kStripRows.
void turn_strip(const uint8_t* from, int64_t stride, int64_t rows, int64_t columns, uint8_t* to) {
  if (columns < 16) {
    for (int64_t column = 0; column < columns; ++column) {
      for (int64_t row = 0; row < rows; ++row) to[column * kStripRows + row] = from[row * stride + column];
    }
    return;
  }
  for (int64_t row = 0; row < rows; row += 16) {
    const uint8_t* sources[16];
    for (int64_t i = 0; i < 16; ++i) sources[i] = from + std::min(row + i, rows - 1) * stride;
    for (int64_t next = 0; next < columns; next += 16) {
      const int64_t column = std::min(next, columns - 16);  // the last block may overlap the one before
      transpose_16(sources, column, to + column * kStripRows + row, kStripRows);
    }
  }
}

// to[row * stride + column] = from[column * kStripRows + row].
void turn_strip_back(const uint8_t* from, int64_t rows, int64_t columns, uint8_t* to, int64_t stride) {
  if (columns < 16) {
    for (int64_t column = 0; column < columns; ++column) {
      for (int64_t row = 0; row < rows; ++row) to[row * stride + column] = from[column * kStripRows + row];
    }
    return;
  }
  for (int64_t next = 0; next < columns; next += 16) {
    const int64_t column = std::min(next, columns - 16);
    const uint8_t* sources[16];
    for (int64_t i = 0; i < 16; ++i) sources[i] = from + (column + i) * kStripRows;
    for (int64_t row = 0; row < rows; row += 16) {
      if (row + 16 <= rows) {
        transpose_16(sources, row, to + row * stride + column, stride);
      } else {
        alignas(16) uint8_t block[16 * 16];
        transpose_16(sources, row, block, 16);
        for (int64_t i = 0; row + i < rows; ++i) std::memcpy(to + (row + i) * stride + column, block + i * 16, 16);
      }
    }
  }
}

void columns_kernel(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                    std::vector<uint8_t>& scratch) {
  // Outputs are made in runs whose inputs stay in the second-level cache once turned.
  constexpr int64_t kRunBytes = int64_t{256} << 10;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(Bytes()));
  const int64_t channels = from.channels, to_stride = weights.size() * channels;
  for (int64_t begin = 0, end; begin < weights.size(); begin = end) {
    const int64_t first = weights.window(begin).first;
    const auto inputs_until = [&](int64_t i) { return weights.window(i).first + weights.window(i).taps - first; };
    end = begin + 1;
    while (end < weights.size() && (inputs_until(end) + end - begin) * channels * kStripRows <= kRunBytes) ++end;

    const int64_t turned_bytes = inputs_until(end - 1) * channels * kStripRows;
    const auto needed = static_cast<size_t>(turned_bytes + (end - begin) * channels * kStripRows);
    if (scratch.size() < needed) scratch.resize(needed);
    uint8_t *turned = scratch.data(), *summed = scratch.data() + turned_bytes;
    turn_strip(from.data + (first - origin) * channels, from.stride, from.rows, inputs_until(end - 1) * channels,
               turned);
    for (int64_t i = begin; i < end; ++i) {
      const ResampleWindow& window = weights.window(i);
      for (int64_t c = 0; c < channels; ++c) {
        const uint8_t* source = turned + ((window.first - first) * channels + c) * kStripRows;
        uint8_t* sums = summed + ((i - begin) * channels + c) * kStripRows;
        for (int64_t row = 0; row < from.rows; row += lanes) {
          sum_vectors(source + row, channels * kStripRows, weights.high_pairs(i), weights.low_pairs(i), window.taps,
                      sums + row);
        }
      }
    }
    turn_strip_back(summed, from.rows, (end - begin) * channels, to + begin * channels, to_stride);
  }
}

void rows_kernel(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                 uint8_t* to) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(Bytes()));
  if (row_bytes < lanes) return resample_rows_plain(from, row_bytes, weights, origin, to);
  for (int64_t i = 0; i < weights.size(); ++i) {
    const ResampleWindow& window = weights.window(i);
    const uint8_t* first = from + (window.first - origin) * row_bytes;
    for (int64_t next = 0; next < row_bytes; next += lanes) {
      const int64_t j = std::min(next, row_bytes - lanes);  // the last vector may overlap the one before
      sum_vectors(first + j, row_bytes, weights.high_pairs(i), weights.low_pairs(i), window.taps,
                  to + i * row_bytes + j);
    }
  }
}

void premultiply_kernel(const uint8_t* from, int64_t pixels, int channels, uint8_t* to) {
  // The factor of each byte is its pixel's alpha; for the alpha itself it is 255, which leaves it as it is.
  alignas(16) static constexpr uint8_t kAlphaOf4[16] = {3,  3,  3,  0x80, 7,  7,  7,  0x80,
                                                        11, 11, 11, 0x80, 15, 15, 15, 0x80};
  alignas(16) static constexpr uint8_t kAlphaOf2[16] = {1, 0x80, 3,  0x80, 5,  0x80, 7,  0x80,
                                                        9, 0x80, 11, 0x80, 13, 0x80, 15, 0x80};
  const Bytes d8;
  const hn::Repartition<uint16_t, Bytes> d16;
  const BytesVec pick = hn::LoadDup128(d8, channels == 4 ? kAlphaOf4 : kAlphaOf2);
  const BytesVec keep = hn::VecFromMask(d8, hn::Eq(pick, hn::Set(d8, 0x80)));
  const BytesVec zero = hn::Zero(d8);
  const auto half = hn::Set(d16, 128);
  const auto multiply = [&](BytesVec a, BytesVec b) HWY_ATTR {
    const auto t = hn::Add(hn::Mul(hn::BitCast(d16, a), hn::BitCast(d16, b)), half);
    return hn::BitCast(Shorts(), hn::ShiftRight<8>(hn::Add(t, hn::ShiftRight<8>(t))));
  };
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d8)), bytes = pixels * channels;
  int64_t i = 0;
  for (; i + lanes <= bytes; i += lanes) {
    const BytesVec v = hn::LoadU(d8, from + i);
    const BytesVec alpha = hn::Or(hn::TableLookupBytesOr0(v, pick), keep);
    const ShortsVec lower = multiply(hn::InterleaveLower(d8, v, zero), hn::InterleaveLower(d8, alpha, zero));
    const ShortsVec upper = multiply(hn::InterleaveUpper(d8, v, zero), hn::InterleaveUpper(d8, alpha, zero));
    hn::StoreU(pack_low_bytes(lower, upper), d8, to + i);
  }
  premultiply_plain(from + i, (bytes - i) / channels, channels, to + i);
}

#endif  // HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace clipkit
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/highway_target.h"

namespace clipkit {

HWY_EXPORT(columns_kernel);
HWY_EXPORT(rows_kernel);
HWY_EXPORT(premultiply_kernel);

namespace {

bool use_plain_loops() {
  apply_cpu_target_to_highway();
  return cpu_target() == CpuTarget::kScalar;
}

}  // namespace

void resample_columns(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                      std::vector<uint8_t>& scratch) {
  CLIPKIT_ASSERT(0 < from.rows && from.rows <= kStripRows);
  if (use_plain_loops()) return resample_columns_plain(from, weights, origin, to, scratch);
  HWY_DYNAMIC_DISPATCH(columns_kernel)(from, weights, origin, to, scratch);
}

void resample_rows(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                   uint8_t* to) {
  if (use_plain_loops()) return resample_rows_plain(from, row_bytes, weights, origin, to);
  HWY_DYNAMIC_DISPATCH(rows_kernel)(from, row_bytes, weights, origin, to);
}

void premultiply(const uint8_t* from, int64_t pixels, int channels, uint8_t* to) {
  if (use_plain_loops()) return premultiply_plain(from, pixels, channels, to);
  HWY_DYNAMIC_DISPATCH(premultiply_kernel)(from, pixels, channels, to);
}

}  // namespace clipkit
#endif  // HWY_ONCE
