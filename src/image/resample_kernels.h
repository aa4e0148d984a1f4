#pragma once

#include <cstdint>
#include <vector>

#include "image/resample_weights.h"

namespace clipkit {

// The inner loops of resizing. Everything is whole-number arithmetic, so every instruction set gives the same bits as
// the plain loops, which are the definition and what CLIPKIT_CPU=scalar runs.

// The horizontal pass works on strips of at most so many rows: it turns a strip so that a column's samples lie side by
// side. Then both passes are the same weighted sum of long rows, with every lane in use whatever the channels.
inline constexpr int64_t kStripRows = 64;

// Rows of 8-bit samples, channels interleaved. Sample (row, column, channel) is
// data[row * stride + column * channels + channel].
struct SampleRows {
  const uint8_t* data;
  int64_t stride;  // bytes
  int64_t rows;
  int channels;
};

// Columns: to[row][i] = weighted sum of from[row][first ... first + taps) for every window i; column 0 of `from` is
// input `origin` of the weights. `to` has from.rows rows of weights.size() * channels bytes and does not overlap
// `from`. from.rows <= kStripRows. scratch is memory that may be kept for the next strip.
void resample_columns(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                      std::vector<uint8_t>& scratch);

// Rows: the same along the other axis. row_bytes = columns * channels; row 0 of `from` is input `origin`.
void resample_rows(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                   uint8_t* to);

// Colour times alpha / 255, rounded; alpha, the last of 2 or 4 channels, stays. May run in place.
void premultiply(const uint8_t* from, int64_t pixels, int channels, uint8_t* to);

// The definitions.
void resample_columns_plain(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                            std::vector<uint8_t>& scratch);
void resample_rows_plain(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                         uint8_t* to);
void premultiply_plain(const uint8_t* from, int64_t pixels, int channels, uint8_t* to);

// round(a * b / 255) as Pillow's MULDIV255 does it, for a and b up to 255.
inline uint8_t multiply_255(uint32_t a, uint32_t b) noexcept {
  const uint32_t t = a * b + 128;
  return static_cast<uint8_t>((t + (t >> 8)) >> 8);
}

}  // namespace clipkit
