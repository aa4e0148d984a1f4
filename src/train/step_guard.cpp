#include "train/step_guard.h"

#include <algorithm>
#include <cmath>

namespace clipkit {

namespace {
constexpr int64_t kFirstChecked = 100;  // earlier losses fall too fast to say what is usual
constexpr double kMemory = 0.98;        // of the running means: about fifty steps
constexpr double kDeviations = 8, kLeastJump = 0.5;
}  // namespace

bool StepGuard::accept(double loss, double gradient_norm) noexcept {
  const double allowed = state_.mean + std::max(kLeastJump, kDeviations * std::sqrt(state_.variance));
  const bool finite = std::isfinite(loss) && std::isfinite(gradient_norm);
  if (!finite || (state_.num_good >= kFirstChecked && loss > allowed)) {
    ++state_.num_refused;
    ++state_.in_a_row;
    return false;
  }
  const double weight = std::max(1 - kMemory, 1 / static_cast<double>(state_.num_good + 1));
  const double distance = loss - state_.mean;
  state_.mean += weight * distance;
  state_.variance = (1 - weight) * (state_.variance + weight * distance * distance);
  ++state_.num_good;
  state_.in_a_row = 0;
  return true;
}

}  // namespace clipkit
