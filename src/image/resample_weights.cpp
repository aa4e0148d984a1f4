#include "image/resample_weights.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace clipkit {

namespace {

// Keys' cubic with a = -0.5.
double bicubic(double x) noexcept {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double bilinear(double x) noexcept {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

}  // namespace

ResampleWeights::ResampleWeights(int64_t num_inputs, int64_t num_outputs, int64_t begin, int64_t end,
                                 Interpolation interpolation) {
  CLIPKIT_ASSERT(0 < num_inputs && num_inputs <= kMaxResampleSide);
  CLIPKIT_ASSERT(0 <= begin && begin < end && end <= num_outputs);
  const bool cubic = interpolation == Interpolation::kBicubic;
  const double scale = static_cast<double>(num_inputs) / static_cast<double>(num_outputs);
  const double filter_scale = std::max(scale, 1.0);
  const double support = (cubic ? 2.0 : 1.0) * filter_scale;
  const double inverse = 1.0 / filter_scale;
  windows_.reserve(static_cast<size_t>(end - begin));
  first_input_ = num_inputs;
  for (int64_t output = begin; output < end; ++output) {
    const double center = (static_cast<double>(output) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const auto last = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), num_inputs);
    const size_t offset = weights_.size() + weights_.size() % 2;  // even, so that pairs of taps have whole indices
    weights_.resize(offset);
    double sum = 0;
    for (int64_t input = first; input < last; ++input) {
      const double x = (static_cast<double>(input) - center + 0.5) * inverse;
      const double weight = cubic ? bicubic(x) : bilinear(x);
      weights_.push_back(weight);
      sum += weight;
    }
    if (sum != 0) {
      for (size_t k = offset; k < weights_.size(); ++k) weights_[k] /= sum;
    }
    windows_.push_back({first, last - first, offset});
    first_input_ = std::min(first_input_, first);
    end_input_ = std::max(end_input_, last);
  }
}

FixedPointWeights::FixedPointWeights(const ResampleWeights& exact)
    : windows_(exact.windows_),
      weights_(exact.weights_.size() + exact.weights_.size() % 2),
      high_pairs_(weights_.size() / 2),
      low_pairs_(weights_.size() / 2),
      first_input_(exact.first_input_),
      end_input_(exact.end_input_) {
  constexpr double kOne = 1 << kPrecisionBits;
  constexpr int32_t kLowMask = (1 << kLowBits) - 1;
  for (size_t i = 0; i < exact.weights_.size(); ++i) {
    const double weight = exact.weights_[i];
    weights_[i] = static_cast<int32_t>(weight < 0 ? weight * kOne - 0.5 : weight * kOne + 0.5);
  }
  for (size_t i = 0; i < high_pairs_.size(); ++i) {
    const int32_t a = weights_[2 * i], b = weights_[2 * i + 1];
    const auto pair = [](int32_t first, int32_t second) {
      return static_cast<int32_t>((static_cast<uint32_t>(first) & 0xFFFF) | static_cast<uint32_t>(second) << 16);
    };
    high_pairs_[i] = pair(a >> kLowBits, b >> kLowBits);
    low_pairs_[i] = pair(a & kLowMask, b & kLowMask);
  }
}

}  // namespace clipkit
