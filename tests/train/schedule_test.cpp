#include "train/schedule.h"

#include <gtest/gtest.h>

#include "train/grad_scaler.h"

namespace clipkit {
namespace {

TEST(Schedule, WarmsUpInEqualStepsAndFallsAlongACosine) {
  const Schedule schedule = {.lr = 1, .warmup_steps = 4, .total_steps = 12};
  EXPECT_EQ(schedule.at(0), 0.25);
  EXPECT_EQ(schedule.at(3), 1);
  EXPECT_EQ(schedule.at(4), 1);
  EXPECT_NEAR(schedule.at(8), 0.5, 1e-15);
  EXPECT_NEAR(schedule.at(12), 0, 1e-15);
}

TEST(Schedule, StaysConstantAndCoolsDown) {
  const Schedule constant = {.kind = LearningRateSchedule::kConstant, .lr = 2, .warmup_steps = 2, .total_steps = 10};
  EXPECT_EQ(constant.at(0), 1);
  EXPECT_EQ(constant.at(9), 2);
  const Schedule cooled = {.kind = LearningRateSchedule::kConstantCooldown,
                           .lr = 2,
                           .total_steps = 10,
                           .cooldown_steps = 4,
                           .cooldown_end = 1,
                           .cooldown_power = 2};
  EXPECT_EQ(cooled.at(5), 2);
  EXPECT_EQ(cooled.at(6), 2);
  EXPECT_NEAR(cooled.at(8), 1.25, 1e-15);
}

TEST(GradScaler, HalvesAfterAnOverflowAndDoublesAfter2000GoodSteps) {
  GradScaler scaler;
  EXPECT_EQ(scaler.scale(), 65536);
  scaler.update(false);
  EXPECT_EQ(scaler.scale(), 32768);
  for (int i = 0; i < 1999; ++i) scaler.update(true);
  EXPECT_EQ(scaler.scale(), 32768);
  const GradScaler::State before = scaler.state();
  scaler.update(true);
  EXPECT_EQ(scaler.scale(), 65536);
  for (int i = 0; i < 1999; ++i) scaler.update(true);
  scaler.update(false);  // starts the count anew
  scaler.update(true);
  EXPECT_EQ(scaler.state(), (GradScaler::State{.scale = 32768, .good_steps = 1}));

  GradScaler restored;
  restored.restore(before);
  restored.update(true);
  EXPECT_EQ(restored.scale(), 65536);
}

}  // namespace
}  // namespace clipkit
