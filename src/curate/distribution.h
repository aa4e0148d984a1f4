#pragma once

#include <cstdint>
#include <map>

#include "clipkit/curate.h"

namespace clipkit {

// Counts of whole numbers from 0 on. Numbers of 4096 and more are kept to 12 binary digits, so that the memory has a
// limit whatever comes; minimum, maximum and mean are exact.
class Distribution {
 public:
  void add(int64_t value);
  int64_t count() const noexcept { return count_; }
  // The smallest kept number that at least this part of all does not exceed. 0 without numbers.
  int64_t quantile(double part) const;
  // All values divided by `unit`.
  ValueSummary summary(double unit = 1) const;

 private:
  std::map<int64_t, int64_t> counts_;
  int64_t count_ = 0, min_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace clipkit
