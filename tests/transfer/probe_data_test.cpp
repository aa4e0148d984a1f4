#include "transfer/probe_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(HoldOutFifth, TakesAFifthOfEachClassButNeverAll) {
  std::vector<int32_t> classes(10, 0);
  classes.resize(15, 1);
  classes.push_back(2);
  const HeldOut held = hold_out_fifth(classes);
  std::vector<int> counts(3, 0);
  for (const int64_t row : held.validation) ++counts[static_cast<size_t>(classes[static_cast<size_t>(row)])];
  EXPECT_THAT(counts, ElementsAre(2, 1, 0));
  EXPECT_THAT(held.train, SizeIs(13));
  EXPECT_TRUE(std::is_sorted(held.train.begin(), held.train.end()));
  EXPECT_EQ(hold_out_fifth(classes).validation, held.validation) << "the same every time";
}

TEST(KnownClasses, AreNumberedWithoutGapsAndSpreadAgain) {
  const KnownClasses known({4, 1, 1}, 6);
  EXPECT_EQ(known.size(), 2);
  EXPECT_THAT(known.numbers({1, 4}), ElementsAre(0, 1));
  const Tensor scores = Tensor::zeros({1, 2}, DType::kFloat64);
  scores.data<double>()[0] = 3;
  scores.data<double>()[1] = 5;
  const Tensor all = known.spread(scores);
  EXPECT_THAT(all.span<double>(), ElementsAre(-INFINITY, 3, -INFINITY, -INFINITY, 5, -INFINITY));
}

TEST(ProbeData, PicksAndJoinsRows) {
  ProbeData data{Tensor::empty({3, 2}), {7, 8, 9}, one_label_each({7, 8, 9})};
  for (int i = 0; i < 6; ++i) data.x.data<float>()[i] = static_cast<float>(i);
  const ProbeData picked = data.rows({2, 0});
  EXPECT_THAT(picked.classes, ElementsAre(9, 7));
  EXPECT_THAT(picked.x.span<float>(), ElementsAre(4, 5, 0, 1));
  const ProbeData joined = picked.and_then(data.rows({1}));
  EXPECT_THAT(joined.classes, ElementsAre(9, 7, 8));
  EXPECT_THAT(joined.x.span<float>(), ElementsAre(4, 5, 0, 1, 2, 3));
}

}  // namespace
}  // namespace clipkit
