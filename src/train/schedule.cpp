#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace clipkit {

double Schedule::at(int64_t step) const noexcept {
  const auto s = static_cast<double>(step), warmup = static_cast<double>(warmup_steps),
             total = static_cast<double>(total_steps);
  if (step < warmup_steps) return lr * (s + 1) / warmup;
  switch (kind) {
    case LearningRateSchedule::kConstant:
      return lr;
    case LearningRateSchedule::kConstantCooldown: {
      const auto cooldown = static_cast<double>(cooldown_steps), begin = total - cooldown;
      if (s < begin) return lr;
      return std::pow(1 - (s - begin) / cooldown, cooldown_power) * (lr - cooldown_end) + cooldown_end;
    }
    case LearningRateSchedule::kCosine:
      break;
  }
  return 0.5 * lr * (1 + std::cos(std::numbers::pi * (s - warmup) / (total - warmup)));
}

}  // namespace clipkit
