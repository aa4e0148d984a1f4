#include "curate/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace clipkit {

namespace {

// The value with its first `digits` binary digits, the others zero.
int64_t with_digits(int64_t value, int digits) {
  const auto length = static_cast<int>(std::bit_width(static_cast<uint64_t>(value)));
  return length <= digits ? value : value >> (length - digits) << (length - digits);
}

// The bins of a histogram are single numbers up to 16, then a quarter of an octave: three digits.
int64_t bin_of(int64_t value) {
  return value < 16 ? value : with_digits(value, 3);
}
int64_t bin_end(int64_t low) {
  return low < 16 ? low + 1 : low + (int64_t{1} << (std::bit_width(static_cast<uint64_t>(low)) - 3));
}

}  // namespace

void Distribution::add(int64_t value) {
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
  ++count_;
  ++counts_[with_digits(value, 12)];
}

int64_t Distribution::quantile(double part) const {
  const auto wanted = static_cast<int64_t>(std::ceil(part * static_cast<double>(count_)));
  int64_t seen = 0;
  for (const auto& [value, count] : counts_) {
    seen += count;
    if (seen >= wanted) return std::max(value, min_);
  }
  return 0;
}

ValueSummary Distribution::summary(double unit) const {
  ValueSummary s;
  if (count_ == 0) return s;
  const auto scaled = [&](int64_t value) { return static_cast<double>(value) / unit; };
  s.count = count_;
  s.min = scaled(min_);
  s.p1 = scaled(quantile(0.01));
  s.p10 = scaled(quantile(0.1));
  s.median = scaled(quantile(0.5));
  s.p90 = scaled(quantile(0.9));
  s.p99 = scaled(quantile(0.99));
  s.max = scaled(max_);
  s.mean = sum_ / static_cast<double>(count_) / unit;
  auto next = counts_.begin();
  for (int64_t low = bin_of(next->first); next != counts_.end(); low = bin_end(low)) {
    int64_t in_bin = 0;
    for (; next != counts_.end() && next->first < bin_end(low); ++next) in_bin += next->second;
    s.histogram.push_back({scaled(low), scaled(bin_end(low)), in_bin});
  }
  return s;
}

}  // namespace clipkit
