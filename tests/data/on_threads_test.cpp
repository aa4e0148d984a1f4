#include "data/on_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace clipkit {
namespace {

TEST(OnThreads, CallsEachIndexOnce) {
  for (const int threads : {1, 3, 50}) {
    std::vector<std::atomic<int>> calls(20);
    on_threads(20, threads, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  on_threads(0, 4, [](int64_t) { FAIL(); });
}

TEST(OnThreads, ThrowsWhatTheLowestIndexThrewAfterAllHaveEnded) {
  std::atomic<int> calls{0};
  try {
    on_threads(30, 4, [&](int64_t i) {
      ++calls;
      if (i % 7 == 5) throw std::runtime_error(std::to_string(i));
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "5");
  }
  EXPECT_EQ(calls, 30);
}

}  // namespace
}  // namespace clipkit
