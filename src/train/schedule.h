#pragma once

#include <cstdint>
#include <string_view>

namespace clipkit {

enum class ScheduleKind {
  kCosine,            // after the warm-up down to 0 along half a cosine (CLIP section 2.5)
  kConstant,          // after the warm-up as it is
  kConstantCooldown,  // constant, and then down to cooldown_end over the last cooldown_steps
};

// The learning rate of each step (training.md section 2). Steps count from 0.
struct Schedule {
  ScheduleKind kind = ScheduleKind::kCosine;
  double lr = 5e-4;
  int64_t warmup_steps = 0, total_steps = 1;
  int64_t cooldown_steps = 0;
  double cooldown_end = 0, cooldown_power = 1;

  double at(int64_t step) const noexcept;
};

}  // namespace clipkit
