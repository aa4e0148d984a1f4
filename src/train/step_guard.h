#pragma once

#include <cstdint>

namespace clipkit {

// Tells good steps from those that would do harm: loss or gradients that are not finite, and losses far above what they
// were. A single bad batch is left out; several in a row say that the model itself has gone wrong.
class StepGuard {
 public:
  struct State {
    int64_t num_good = 0;     // steps seen
    double mean = 0;          // running mean of the loss
    double variance = 0;      // and of its square distance from that mean
    int64_t num_refused = 0;  // in all
    int64_t in_a_row = 0;
    bool operator==(const State&) const = default;
  };
  static constexpr int64_t kMaxInARow = 5;

  // Whether the step may be made; one that is not finite never may. Notes what it saw.
  bool accept(double loss, double gradient_norm) noexcept;
  // Too many refused one after the other: go back to a checkpoint.
  bool has_diverged() const noexcept { return state_.in_a_row >= kMaxInARow; }

  const State& state() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }
  void forgive() noexcept { state_.in_a_row = 0; }

 private:
  State state_;
};

}  // namespace clipkit
