#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace clipkit::cli {

// Wall time by what it was spent on, from the start of the process (which the kernel knows to a hundredth of a second).
class PhaseClock {
 public:
  PhaseClock();
  // The time since the last call, or since the start, went into this phase.
  void spent_on(const char* phase);
  // "0.214 s: start 0.020, model 0.034, ...", in the order in which the phases came first.
  std::string report() const;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_;
  std::vector<std::pair<std::string, double>> seconds_;
};

}  // namespace clipkit::cli
