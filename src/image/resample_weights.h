#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clipkit/preprocess.h"

namespace clipkit {

// One output sample of a resampling pass is a weighted sum of the inputs [first, first + taps).
struct ResampleWindow {
  int64_t first;
  int64_t taps;
  size_t offset;  // of its first weight in the arrays below
};

// Pillow's resampling weights (src/libImaging/Resample.c, precompute_coeffs): the filter is stretched by the scale when
// a picture shrinks, so that every input counts. Computed in double, without fused multiply-add, as there.
class ResampleWeights {
 public:
  // For the outputs [begin, end) of num_outputs, made from num_inputs. 0 < num_inputs <= kMaxResampleSide.
  ResampleWeights(int64_t num_inputs, int64_t num_outputs, int64_t begin, int64_t end, Interpolation interpolation);

  int64_t size() const noexcept { return static_cast<int64_t>(windows_.size()); }
  const ResampleWindow& window(int64_t i) const noexcept { return windows_[static_cast<size_t>(i)]; }
  std::span<const double> weights(int64_t i) const noexcept { return of_window(weights_, i); }
  // The inputs that all outputs together need.
  int64_t first_input() const noexcept { return first_input_; }
  int64_t end_input() const noexcept { return end_input_; }

 private:
  friend class FixedPointWeights;
  std::span<const double> of_window(const std::vector<double>& from, int64_t i) const noexcept {
    return {from.data() + window(i).offset, static_cast<size_t>(window(i).taps)};
  }
  std::vector<ResampleWindow> windows_;
  std::vector<double> weights_;
  int64_t first_input_ = 0, end_input_ = 0;
};

// The same weights as whole numbers for 8-bit samples: q = w * 2^22, rounded half away from zero
// (normalize_coeffs_8bpc).
//   result = clamp((2^21 + sum of q * sample) >> 22, 0, 255)      the sum fits 32 bits
// For 16-bit multipliers q is also split as 2^11 high + low with 0 <= low < 2^11. Two neighbouring taps stand in one
// 32-bit word, the first in its lower half, as the pairwise multiply-add of SIMD units wants them; an odd last tap is
// paired with 0. Sums of both parts wrap, but high * 2^11 + low is right modulo 2^32, and that is all that is needed.
class FixedPointWeights {
 public:
  static constexpr int kPrecisionBits = 22, kLowBits = 11;

  explicit FixedPointWeights(const ResampleWeights& exact);

  int64_t size() const noexcept { return static_cast<int64_t>(windows_.size()); }
  const ResampleWindow& window(int64_t i) const noexcept { return windows_[static_cast<size_t>(i)]; }
  const int32_t* weights(int64_t i) const noexcept { return weights_.data() + window(i).offset; }
  // window(i).taps / 2 words, rounded up.
  const int32_t* high_pairs(int64_t i) const noexcept { return high_pairs_.data() + window(i).offset / 2; }
  const int32_t* low_pairs(int64_t i) const noexcept { return low_pairs_.data() + window(i).offset / 2; }
  int64_t first_input() const noexcept { return first_input_; }
  int64_t end_input() const noexcept { return end_input_; }

 private:
  std::vector<ResampleWindow> windows_;
  std::vector<int32_t> weights_, high_pairs_, low_pairs_;
  int64_t first_input_, end_input_;
};

// Pictures with a longer side are not resampled: their weights alone would need a gigabyte.
inline constexpr int64_t kMaxResampleSide = int64_t{1} << 20;

}  // namespace clipkit
