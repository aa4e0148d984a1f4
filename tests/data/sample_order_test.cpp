#include "data/sample_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "clipkit/error.h"

namespace clipkit {
namespace {

std::vector<SampleDraw> draws_of(const SampleOrder& order, uint32_t epoch) {
  std::vector<SampleDraw> draws;
  const SampleOrder::Epoch places = order.epoch(epoch);
  for (int64_t i = 0; i < order.epoch_size(); ++i) draws.push_back(places[i]);
  return draws;
}

TEST(SampleOrder, ShowsEverySampleOnce) {
  for (const int64_t buffer : {0, 1, 2, 7, 16, 1000}) {
    const SampleOrder order({{10}, {0}, {1}, {37}}, 1, buffer);
    ASSERT_EQ(order.epoch_size(), 48);
    std::vector<int> seen(48);
    for (const SampleDraw& draw : draws_of(order, 3)) {
      EXPECT_EQ(draw.repetition, 0);
      ++seen[static_cast<size_t>(draw.sample)];
    }
    EXPECT_EQ(seen, std::vector<int>(48, 1)) << buffer;
  }
}

TEST(SampleOrder, IsAFunctionOfSeedAndEpoch) {
  for (const int64_t buffer : {0, 20}) {
    const SampleOrder order({{50}, {50}, {100}}, 1, buffer);
    EXPECT_EQ(draws_of(order, 2), draws_of(SampleOrder({{50}, {50}, {100}}, 1, buffer), 2));
    EXPECT_NE(draws_of(order, 2), draws_of(order, 3));
    EXPECT_NE(draws_of(order, 2), draws_of(SampleOrder({{50}, {50}, {100}}, 2, buffer), 2));
  }
}

TEST(SampleOrder, ABufferKeepsSamplesNearTheirPlace) {
  constexpr int64_t kBuffer = 100, kSize = 10000;
  const auto draws = draws_of(SampleOrder({{kSize}}, 1, kBuffer), 0);
  int64_t farthest = 0, total = 0;
  for (int64_t i = 0; i < kSize; ++i) {
    const int64_t moved = std::abs(draws[static_cast<size_t>(i)].sample - i);
    farthest = std::max(farthest, moved);
    total += moved;
  }
  EXPECT_LT(farthest, kBuffer * 3 / 2);
  // Two shuffles within blocks move by a third of the buffer each; added with random signs about 0.47 of it.
  EXPECT_GT(total / kSize, kBuffer * 2 / 5);
}

TEST(SampleOrder, ShardsComeInAnotherOrderInEachEpoch) {
  const SampleOrder order({{10}, {10}, {10}, {10}, {10}, {10}, {10}, {10}}, 1, 1);
  std::map<int64_t, int> first_shards;
  for (uint32_t epoch = 0; epoch < 64; ++epoch) ++first_shards[order.epoch(epoch)[0].sample / 10];
  EXPECT_GE(first_shards.size(), 7u);  // of 8; that two are missing in 64 draws has probability 28 * (6 / 8)^64 = 3e-7
}

TEST(SampleOrder, WeightsRepeatSamplesAndDrawSubsets) {
  for (const int64_t buffer : {0, 16}) {
    const SampleOrder order({{100, 1}, {40, 2.25}, {30, 0.1}, {7, 0.1}}, 5, buffer);
    ASSERT_EQ(order.epoch_size(), 100 + 90 + 4);  // 3 + 0.7 samples of the last two, rounded together
    std::map<int64_t, int> counts;
    std::map<std::pair<int64_t, int64_t>, int> repetitions;
    for (const SampleDraw& draw : draws_of(order, 0)) {
      ++counts[draw.sample];
      EXPECT_EQ(++repetitions[std::pair(draw.sample, draw.repetition)], 1);
    }
    for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(counts[i], 1);
    int thrice = 0;
    for (int64_t i = 100; i < 140; ++i) {
      EXPECT_GE(counts[i], 2);
      EXPECT_LE(counts[i], 3);
      thrice += counts[i] == 3 ? 1 : 0;
    }
    EXPECT_EQ(thrice, 10);
  }
}

TEST(SampleOrder, AFractionShowsOtherSamplesInOtherEpochs) {
  const SampleOrder order({{50, 0.2}}, 1, 0);
  std::map<int64_t, int> seen;
  for (uint32_t epoch = 0; epoch < 60; ++epoch) {
    for (const SampleDraw& draw : draws_of(order, epoch)) ++seen[draw.sample];
  }
  EXPECT_EQ(seen.size(), 50u);  // that one of 50 is missing has probability 50 * 0.8^60 = 8e-5, and the seed is fixed
}

TEST(SampleOrder, RefusesPlacesOutsideTheEpoch) {
  const SampleOrder order({{3}}, 1, 0);
  EXPECT_THROW(order.epoch(0)[3], Error);
  EXPECT_THROW(order.epoch(0)[-1], Error);
  EXPECT_THROW(SampleOrder({{3}}, 1, -1), Error);
}

}  // namespace
}  // namespace clipkit
