#include "recall.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipkit::emoji {
namespace {

Tensor rows_at(std::initializer_list<float> angles) {
  Tensor rows = Tensor::empty({static_cast<int64_t>(angles.size()), 2});
  int64_t row = 0;
  for (const float angle : angles) {
    rows.row<float>(row)[0] = std::cos(angle);
    rows.row<float>(row++)[1] = std::sin(angle);
  }
  return rows;
}

TEST(Recall, CountsTheRankOfTheNearestRightTarget) {
  const Tensor targets = rows_at({0.0f, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f});
  // The second and the third query mean their 2nd and their 6th nearest; the last means nothing.
  const Recall recall = measure_recall(rows_at({0.0f, 0.0f, 0.0f, 0.0f}), targets, {{0, 6}, {1}, {5}, {}});
  EXPECT_EQ(recall.queries, 3);
  EXPECT_DOUBLE_EQ(recall.at_1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(recall.at_5, 2.0 / 3);
  EXPECT_DOUBLE_EQ(recall.at_10, 1.0);
  // Of 6 others, 1 is nearer than the second query's target (10 of the 15 pairs lack it), 5 than the third's; the first
  // query means two targets and has 5 others, none of which is nearer.
  EXPECT_DOUBLE_EQ(recall.of_3, (1.0 + 10.0 / 15) / 3);
}

TEST(Recall, AModelThatTellsNothingApartFindsNothing) {
  const Tensor same = rows_at({0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f});
  const Recall recall = measure_recall(same, same, {{0}, {11}});
  EXPECT_EQ(recall.queries, 2);
  EXPECT_EQ(recall.at_10, 0);
}

}  // namespace
}  // namespace clipkit::emoji
