#pragma once

#include <chrono>
#include <cstdint>

namespace clipkit {

// How fast a run is: pairs a second over the last half minute or so, and the part of it that was spent waiting for
// data.
class RunClock {
 public:
  // After each step.
  void add(int64_t pairs, double wait_seconds_in_all) {
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    // A running mean that forgets what is older than kSeconds; until then a plain one.
    const double keep = seconds_ + seconds > kSeconds ? kSeconds / (seconds_ + seconds) : 1;
    seconds_ = (seconds_ + seconds) * keep;
    pairs_ = (pairs_ + static_cast<double>(pairs)) * keep;
    waited_ = (waited_ + wait_seconds_in_all - total_wait_) * keep;
    total_wait_ = wait_seconds_in_all;
  }
  // Time that belongs to no step, such as validation, ends now.
  void restart() { last_ = Clock::now(); }

  double pairs_per_second() const { return seconds_ > 0 ? pairs_ / seconds_ : 0; }
  double loader_wait() const { return seconds_ > 0 ? waited_ / seconds_ : 0; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double kSeconds = 30;
  Clock::time_point last_ = Clock::now();
  double seconds_ = 0, pairs_ = 0, waited_ = 0, total_wait_ = 0;
};

}  // namespace clipkit
