#include "report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace clipkit {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

std::vector<std::string> linear(double low, double high, bool rounds_out = false) {
  return labels_of({Scale::kLinear, low, high, 6, rounds_out});
}
std::vector<std::string> logarithmic(double low, double high, int max_ticks = 6) {
  return labels_of({Scale::kLog, low, high, max_ticks, false});
}

TEST(Axis, MarksOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_THAT(linear(0, 1), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(linear(0, 100), ElementsAre("0", "20", "40", "60", "80", "100"));
  EXPECT_THAT(linear(-3, 3), ElementsAre("-3", "-2", "-1", "0", "1", "2", "3"));
  EXPECT_THAT(linear(0.31, 0.47), ElementsAre("0.35", "0.40", "0.45"));
  EXPECT_THAT(linear(0, 30000), ElementsAre("0", "5000", "10000", "15000", "20000", "25000", "30000"));
}

TEST(Axis, WritesVeryLargeAndVerySmallNumbersWithPowers) {
  EXPECT_THAT(linear(0, 5e6), ElementsAre("0", "1e6", "2e6", "3e6", "4e6", "5e6"));
  EXPECT_THAT(linear(0, 5e-6), ElementsAre("0", "1e-6", "2e-6", "3e-6", "4e-6", "5e-6"));
  EXPECT_THAT(linear(9e6, 1.1e7), ElementsAre("9e6", "9.5e6", "1e7", "1.05e7", "1.1e7"));
  EXPECT_THAT(linear(0, 5e-4), ElementsAre("0", "0.0001", "0.0002", "0.0003", "0.0004", "0.0005"));
}

TEST(Axis, RoundsOutToItsMarks) {
  const Axis axis(Scale::kLinear, 0.31, 0.47, 6, true);
  EXPECT_THAT(labels_of(axis), ElementsAre("0.30", "0.35", "0.40", "0.45", "0.50"));
  EXPECT_DOUBLE_EQ(axis.position(0.3), 0);
  EXPECT_DOUBLE_EQ(axis.position(0.5), 1);
  EXPECT_NEAR(axis.position(0.4), 0.5, 1e-12);
  EXPECT_THAT(linear(0, 1, true), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
}

TEST(Axis, MarksDecadesOfALogarithmAndWhatIsBetweenWhereThereIsRoom) {
  EXPECT_THAT(logarithmic(1, 100), ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(logarithmic(0.001, 10), ElementsAre("0.001", "0.01", "0.1", "1", "10"));
  EXPECT_THAT(logarithmic(1e-8, 1e4), ElementsAre("1e-8", "1e-6", "1e-4", "1e-2", "1e0", "1e2", "1e4"));
  EXPECT_THAT(logarithmic(2, 6), ElementsAre("2", "3", "4", "5", "6"));
  EXPECT_NEAR(Axis(Scale::kLog, 1, 100, 6, false).position(10), 0.5, 1e-12);
}

TEST(Axis, MarksPartsThatAreRoundOnAnAxisOfLogits) {
  EXPECT_THAT(labels_of({Scale::kLogit, 0.05, 0.95, 6, false}), ElementsAre("0.1", "0.2", "0.3", "0.5", "0.8", "0.9"));
  EXPECT_THAT(labels_of({Scale::kLogit, 0.71, 0.74, 6, false}), ElementsAre("0.71", "0.72", "0.73", "0.74"));
  const Axis axis(Scale::kLogit, 0.1, 0.9, 6, false);
  EXPECT_NEAR(axis.position(0.5), 0.5, 1e-12);
  EXPECT_NEAR(axis.position(0.25) + axis.position(0.75), 1, 1e-12);
  EXPECT_GT(axis.position(0.2) - axis.position(0.1), axis.position(0.5) - axis.position(0.4));
  EXPECT_TRUE(Axis::shown(Scale::kLogit, 0.5));
  for (const double outside : {0.0, 1.0, -0.5, 2.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_FALSE(Axis::shown(Scale::kLogit, outside));
  const Axis single(Scale::kLogit, 0.999, 0.999, 6, true);
  EXPECT_NEAR(single.position(0.999), 0.5, 1e-9);
}

TEST(Axis, PutsASingleValueInTheMiddle) {
  for (const double value : {5.0, -5.0, 0.0, 1e-270, 1e270, 123456789.0}) {
    const Axis axis(Scale::kLinear, value, value, 6, true);
    EXPECT_GT(axis.position(value), 0.2) << value;
    EXPECT_LT(axis.position(value), 0.8) << value;
    EXPECT_GE(axis.ticks().size(), 2U) << value;
    EXPECT_LE(axis.ticks().size(), 9U) << value;
  }
  // Differences that rounding made are no differences.
  EXPECT_NEAR(Axis(Scale::kLinear, 1, 1 + 1e-15, 6, false).position(1), 0.5, 1e-6);
}

TEST(Axis, SurvivesTheLargestRanges) {
  for (const Scale scale : {Scale::kLinear, Scale::kLog}) {
    const double low = scale == Scale::kLog ? 1e-280 : -1e280;
    for (const bool rounds_out : {false, true}) {
      const Axis axis(scale, low, 1e280, 6, rounds_out);
      EXPECT_GE(axis.ticks().size(), 2U);
      EXPECT_LE(axis.ticks().size(), 9U);
      EXPECT_NEAR(axis.position(1e280), 1, 0.25);
    }
  }
}

TEST(Axis, KnowsWhatItCannotShow) {
  EXPECT_TRUE(Axis::shown(Scale::kLinear, -1));
  EXPECT_FALSE(Axis::shown(Scale::kLog, -1));
  EXPECT_FALSE(Axis::shown(Scale::kLog, 0));
  EXPECT_FALSE(Axis::shown(Scale::kLinear, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(Axis::shown(Scale::kLinear, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Axis::shown(Scale::kLinear, 1e281));
}

TEST(Axis, TakesMarksThatAreGiven) {
  Axis axis(Scale::kLog, 1, 16, 6, false);
  const double marks[] = {0, 1, 4, 16, 64};
  axis.set_ticks(marks);
  EXPECT_THAT(labels_of(axis), ElementsAre("1", "4", "16"));
}

}  // namespace
}  // namespace clipkit
