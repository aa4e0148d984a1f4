#include "train/step_guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace clipkit {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

// A guard that has seen `steps` losses around 2: 1.9 and 2.1 in turn.
StepGuard seasoned(int steps) {
  StepGuard guard;
  for (int i = 0; i < steps; ++i) EXPECT_TRUE(guard.accept(i % 2 > 0 ? 2.1 : 1.9, 1)) << i;
  return guard;
}

TEST(StepGuard, NeverTakesWhatIsNotFinite) {
  StepGuard guard;
  EXPECT_FALSE(guard.accept(kNan, 1));
  EXPECT_FALSE(guard.accept(1, kNan));
  EXPECT_FALSE(guard.accept(kInfinity, 1));
  EXPECT_FALSE(guard.accept(1, kInfinity));
  EXPECT_EQ(guard.state(), (StepGuard::State{.num_refused = 4, .in_a_row = 4}));
  EXPECT_TRUE(guard.accept(1, 1));
  EXPECT_EQ(guard.state().in_a_row, 0);
  EXPECT_EQ(guard.state().num_refused, 4);
  EXPECT_EQ(guard.state().mean, 1) << "what was refused is no part of the mean";
}

TEST(StepGuard, TakesAnyFiniteLossWhileTheRunIsYoung) {
  StepGuard guard = seasoned(99);
  EXPECT_TRUE(guard.accept(1000, 1));
  StepGuard older = seasoned(100);
  EXPECT_FALSE(older.accept(1000, 1));
}

// The deviation of 1.9, 2.1, ... is 0.1: losses up to 2 + 8 * 0.1 pass. The running mean of fifty steps sways by a few
// thousandths.
TEST(StepGuard, RefusesLossesFarAboveTheUsual) {
  StepGuard guard = seasoned(400);
  EXPECT_NEAR(guard.state().mean, 2, 0.01);
  EXPECT_NEAR(guard.state().variance, 0.01, 0.001);
  EXPECT_TRUE(guard.accept(2.7, 1));
  guard = seasoned(400);
  EXPECT_FALSE(guard.accept(2.9, 1));
  EXPECT_TRUE(guard.accept(0, 1)) << "a low loss is no harm";
}

TEST(StepGuard, AllowsAJumpOfHalfWhereLossesHardlyVary) {
  StepGuard guard;
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(guard.accept(1, 1));
  EXPECT_FALSE(guard.accept(1.51, 1));
  EXPECT_TRUE(guard.accept(1.49, 1));
}

TEST(StepGuard, SaysAfterFiveInARowThatTheRunHasDiverged) {
  StepGuard guard = seasoned(200);
  for (int i = 0; i < 4; ++i) guard.accept(kNan, 1);
  EXPECT_FALSE(guard.has_diverged());
  guard.accept(2, 1);
  for (int i = 0; i < 4; ++i) guard.accept(50, 1);
  EXPECT_FALSE(guard.has_diverged());
  guard.accept(kNan, 1);
  EXPECT_TRUE(guard.has_diverged());
  guard.forgive();
  EXPECT_FALSE(guard.has_diverged());
  EXPECT_EQ(guard.state().num_refused, 9);
}

TEST(StepGuard, DecidesTheSameOnceItsStateIsRestored) {
  StepGuard guard = seasoned(150), restored;
  guard.accept(kNan, 1);
  restored.restore(guard.state());
  for (const double loss : {2.0, 2.6, 9.0, 2.5, kNan, 1.0}) {
    EXPECT_EQ(guard.accept(loss, 1), restored.accept(loss, 1)) << loss;
    EXPECT_EQ(guard.state(), restored.state()) << loss;
  }
}

}  // namespace
}  // namespace clipkit
