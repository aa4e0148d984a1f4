#pragma once

#include <cstdint>

#include "clipkit/train.h"

namespace clipkit {

// The learning rate of each step (training.md section 2). Steps count from 0.
struct Schedule {
  LearningRateSchedule kind = LearningRateSchedule::kCosine;
  double lr = 5e-4;
  int64_t warmup_steps = 0, total_steps = 1;
  int64_t cooldown_steps = 0;
  double cooldown_end = 0, cooldown_power = 1;

  double at(int64_t step) const noexcept;
};

}  // namespace clipkit
