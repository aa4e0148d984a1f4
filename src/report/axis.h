#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace clipkit {

// kLogit: log(p / (1 - p)) of parts between 0 and 1, in which accuracies of many models lie on lines.
enum class Scale { kLinear, kLog, kLogit };

inline double logit(double part) {
  return std::log(part) - std::log1p(-part);
}
inline double part_of_logit(double value) {
  return 1 / (1 + std::exp(-value));
}

struct Tick {
  double value;
  std::string label;
};

// One axis of a plot: where values are along it, and which are marked.
class Axis {
 public:
  // Shows low to high, with at most about max_ticks marks at 1, 2 or 5 times a power of ten. rounds_out: begins and
  // ends at a mark (kLinear), or a little outside (the others). low and high are shown() and low <= high.
  Axis(Scale scale, double low, double high, int max_ticks, bool rounds_out);

  // Whether a value has a place on such an axis: finite, at most 1e280 in size, above 0 on a
  // logarithmic one, and between 0 and 1 on one of logits.
  static bool shown(Scale scale, double value) noexcept;

  // 0 at the beginning, 1 at the end.
  double position(double value) const noexcept;
  const std::vector<Tick>& ticks() const noexcept { return ticks_; }
  // Marks these values instead, those that lie within.
  void set_ticks(std::span<const double> values);

 private:
  void add_linear_ticks(int max_ticks, bool rounds_out);
  void add_log_ticks(int max_ticks);
  void add_logit_ticks(int max_ticks, bool rounds_out);
  void add_tick(long long count, int exponent, bool scientific);

  Scale scale_;
  double low_, high_;
  std::vector<Tick> ticks_;
};

}  // namespace clipkit
