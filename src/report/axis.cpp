#include "report/axis.h"

#include <algorithm>
#include <cmath>

#include "base/concat.h"

namespace clipkit {

namespace {

constexpr double kLargest = 1e280, kSmallest = 1e-280, kSmallestPart = 1e-6;
// Ticks that a value misses by rounding alone still count.
constexpr double kSlack = 1e-9;

// count * 10^exponent; the division keeps 3 * 0.1 from becoming 0.30000000000000004.
double scaled(long long count, int exponent) {
  const auto value = static_cast<double>(count);
  return exponent < 0 ? value / std::pow(10, -exponent) : value * std::pow(10, exponent);
}

// count * 10^exponent in digits, exactly: "0.25", "1500", "2.5e6".
std::string label_of(long long count, int exponent, bool scientific) {
  if (count == 0) return "0";
  const std::string sign = count < 0 ? "-" : "";
  std::string digits = concat(count < 0 ? -count : count);
  if (scientific) {
    while (digits.size() > 1 && digits.back() == '0') {
      digits.pop_back();
      ++exponent;
    }
    const int power = exponent + static_cast<int>(digits.size()) - 1;
    if (digits.size() > 1) digits.insert(1, ".");
    return concat(sign, digits, "e", power);
  }
  if (exponent >= 0) return sign + digits + std::string(static_cast<size_t>(exponent), '0');
  const auto decimals = static_cast<size_t>(-exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return sign + digits.insert(digits.size() - decimals, ".");
}

struct Step {
  long long factor;  // 1, 2 or 5
  int exponent;
};

// The smallest step of this kind that is at least `wanted`.
Step step_of_at_least(double wanted) {
  const int exponent = static_cast<int>(std::floor(std::log10(wanted)));
  for (const long long factor : {1, 2, 5}) {
    if (scaled(factor, exponent) >= wanted * (1 - kSlack)) return {factor, exponent};
  }
  return {1, exponent + 1};
}

}  // namespace

bool Axis::shown(Scale scale, double value) noexcept {
  if (scale == Scale::kLogit) return value >= kSmallestPart && value <= 1 - kSmallestPart;
  return std::abs(value) <= kLargest && (scale == Scale::kLinear || value >= kSmallest);
}

Axis::Axis(Scale scale, double low, double high, int max_ticks, bool rounds_out)
    : scale_(scale), low_(low), high_(high) {
  if (scale == Scale::kLogit) {
    add_logit_ticks(max_ticks, rounds_out);
    return;
  }
  // A single value, or values that differ less than their digits show, stand in the middle.
  const double size = std::max(std::abs(low), std::abs(high));
  if (!(high - low > std::max(kSmallest, size * kSlack))) {
    const double around = size > kSmallest ? size / 10 : 1;
    low_ -= around;
    high_ += around;
  }
  if (scale == Scale::kLinear) {
    add_linear_ticks(max_ticks, rounds_out);
    return;
  }
  if (rounds_out) {
    const double margin = std::exp(0.03 * (std::log(high_) - std::log(low_)));
    low_ /= margin;
    high_ *= margin;
  }
  add_log_ticks(max_ticks);
}

double Axis::position(double value) const noexcept {
  if (scale_ == Scale::kLog) return (std::log(value) - std::log(low_)) / (std::log(high_) - std::log(low_));
  if (scale_ == Scale::kLogit) return (logit(value) - logit(low_)) / (logit(high_) - logit(low_));
  return (value - low_) / (high_ - low_);
}

void Axis::add_tick(long long count, int exponent, bool scientific) {
  ticks_.push_back({scaled(count, exponent), label_of(count, exponent, scientific)});
}

void Axis::add_linear_ticks(int max_ticks, bool rounds_out) {
  const Step step = step_of_at_least((high_ - low_) / max_ticks);
  const double width = scaled(step.factor, step.exponent);
  const double first = low_ / width, last = high_ / width;
  const auto begin = static_cast<long long>(rounds_out ? std::floor(first + kSlack) : std::ceil(first - kSlack));
  const auto end = static_cast<long long>(rounds_out ? std::ceil(last - kSlack) : std::floor(last + kSlack));
  const double largest = std::max(std::abs(low_), std::abs(high_));
  const bool scientific = largest >= 1e6 || (step.exponent < -4 && largest < 1e-3);
  for (long long k = begin; k <= end; ++k) add_tick(k * step.factor, step.exponent, scientific);
  if (rounds_out) {
    low_ = ticks_.front().value;
    high_ = ticks_.back().value;
  }
}

void Axis::add_log_ticks(int max_ticks) {
  const double decades = std::log10(high_) - std::log10(low_);
  if (decades < 1) return add_linear_ticks(max_ticks, false);
  const int first = static_cast<int>(std::floor(std::log10(low_))),
            last = static_cast<int>(std::ceil(std::log10(high_)));
  const bool scientific = high_ >= 1e6 || low_ < 1e-4;
  const bool has_room = decades * 3 <= max_ticks;
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / max_ticks)));
  for (int exponent = first; exponent <= last; exponent += stride) {
    for (const long long factor : {1, 2, 5}) {
      const double value = scaled(factor, exponent);
      const bool is_within = value >= low_ * (1 - kSlack) && value <= high_ * (1 + kSlack);
      if (is_within && (factor == 1 || has_room)) add_tick(factor, exponent, scientific);
    }
  }
}

// Round parts, as many as there is room for, those near to one half first.
void Axis::add_logit_ticks(int max_ticks, bool rounds_out) {
  constexpr double kMinRange = 0.2;  // in logits
  const double low = logit(low_), high = logit(high_);
  const double margin = std::max((kMinRange - (high - low)) / 2, rounds_out ? 0.05 * (high - low) : 0);
  if (margin > 0) {
    low_ = part_of_logit(low - margin);
    high_ = part_of_logit(high + margin);
  }
  constexpr Step kParts[] = {{5, -1}, {1, -1},  {9, -1}, {2, -1}, {8, -1}, {3, -1},  {7, -1}, {1, -2},   {99, -2},
                             {5, -2}, {95, -2}, {4, -1}, {6, -1}, {2, -2}, {98, -2}, {1, -3}, {999, -3}, {1, -4}};
  for (const Step& part : kParts) {
    const double value = scaled(part.factor, part.exponent);
    if (value >= low_ && value <= high_ && ticks_.size() < static_cast<size_t>(max_ticks))
      add_tick(part.factor, part.exponent, false);
  }
  if (ticks_.size() < 3) {
    ticks_.clear();
    add_linear_ticks(max_ticks, false);
  }
  std::sort(ticks_.begin(), ticks_.end(), [](const Tick& a, const Tick& b) { return a.value < b.value; });
}

void Axis::set_ticks(std::span<const double> values) {
  ticks_.clear();
  for (const double value : values) {
    if (shown(scale_, value) && position(value) >= -kSlack && position(value) <= 1 + kSlack) {
      ticks_.push_back({value, concat(value)});
    }
  }
}

}  // namespace clipkit
