#include "data/pair_problems.h"

#include <gtest/gtest.h>

#include "base/concat.h"

namespace clipkit {
namespace {

TEST(PairProblems, CountsAllAndNamesTheFirst) {
  PairProblems problems;
  EXPECT_EQ(problems.summary(), "");
  for (int i = 0; i < 7; ++i) problems.add("files lost", concat(i));
  problems.add("files found", "x");
  EXPECT_EQ(problems.count("files lost"), 7);
  EXPECT_EQ(problems.count("else"), 0);
  EXPECT_EQ(problems.summary(), "files lost: 7 (0, 1, 2, 3, 4, ...); files found: 1 (x)");
}

TEST(PairProblems, MergesInOrder) {
  PairProblems first, second;
  for (int i = 0; i < 3; ++i) first.add("files lost", concat(i));
  for (int i = 3; i < 9; ++i) second.add("files lost", concat(i));
  second.add("files found", "x");
  first.merge(second);
  EXPECT_EQ(first.summary(), "files lost: 9 (0, 1, 2, 3, 4, ...); files found: 1 (x)");
}

}  // namespace
}  // namespace clipkit
