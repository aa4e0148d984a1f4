#include "train/run_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace clipkit {
namespace {

// Sleeps are never shorter than asked, so that every bound below holds on the slowest machine.
void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

TEST(RunClock, SaysNothingBeforeTheFirstStep) {
  const RunClock clock;
  EXPECT_EQ(clock.pairs_per_second(), 0);
  EXPECT_EQ(clock.loader_wait(), 0);
}

TEST(RunClock, CountsPairsAndWaitsOverTheTimeThatWentBy) {
  const auto begin = std::chrono::steady_clock::now();
  RunClock clock;
  sleep_ms(20);
  clock.add(100, 0.005);
  sleep_ms(20);
  clock.add(100, 0.015);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_LE(clock.pairs_per_second(), 200 / 0.04);
  EXPECT_GE(clock.pairs_per_second(), 200 / seconds);
  EXPECT_LE(clock.loader_wait(), 0.015 / 0.04);
  EXPECT_GE(clock.loader_wait(), 0.015 / seconds);
}

TEST(RunClock, LeavesOutWhatBelongsToNoStep) {
  RunClock clock;
  sleep_ms(200);
  clock.restart();
  const auto begin = std::chrono::steady_clock::now();
  sleep_ms(10);
  clock.add(100, 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_GE(clock.pairs_per_second(), 100 / (seconds + 0.001)) << "between restart() and begin is next to nothing";
}

}  // namespace
}  // namespace clipkit
