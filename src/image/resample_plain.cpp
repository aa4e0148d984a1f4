#include <algorithm>

#include "image/resample_kernels.h"

namespace clipkit {

namespace {

// The weighted sum of `taps` samples that lie `stride` apart.
uint8_t weighted_sum(const uint8_t* from, int64_t stride, const int32_t* weights, int64_t taps) noexcept {
  int32_t sum = 1 << (FixedPointWeights::kPrecisionBits - 1);
  for (int64_t k = 0; k < taps; ++k) sum += weights[k] * from[k * stride];
  return static_cast<uint8_t>(std::clamp(sum >> FixedPointWeights::kPrecisionBits, 0, 255));
}

}  // namespace

void resample_columns_plain(const SampleRows& from, const FixedPointWeights& weights, int64_t origin, uint8_t* to,
                            std::vector<uint8_t>&) {
  for (int64_t row = 0; row < from.rows; ++row) {
    for (int64_t i = 0; i < weights.size(); ++i) {
      const ResampleWindow& window = weights.window(i);
      const uint8_t* first = from.data + row * from.stride + (window.first - origin) * from.channels;
      for (int c = 0; c < from.channels; ++c) {
        *to++ = weighted_sum(first + c, from.channels, weights.weights(i), window.taps);
      }
    }
  }
}

void resample_rows_plain(const uint8_t* from, int64_t row_bytes, const FixedPointWeights& weights, int64_t origin,
                         uint8_t* to) {
  for (int64_t i = 0; i < weights.size(); ++i) {
    const ResampleWindow& window = weights.window(i);
    const uint8_t* first = from + (window.first - origin) * row_bytes;
    for (int64_t j = 0; j < row_bytes; ++j) {
      *to++ = weighted_sum(first + j, row_bytes, weights.weights(i), window.taps);
    }
  }
}

void premultiply_plain(const uint8_t* from, int64_t pixels, int channels, uint8_t* to) {
  for (int64_t i = 0; i < pixels; ++i, from += channels, to += channels) {
    const uint8_t alpha = from[channels - 1];
    for (int c = 0; c + 1 < channels; ++c) to[c] = multiply_255(from[c], alpha);
    to[channels - 1] = alpha;
  }
}

}  // namespace clipkit
