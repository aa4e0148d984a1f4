// train --dry-run: what a run takes, without one.
#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using ::testing::HasSubstr;

class TrainPlanCommand : public TrainCommand {};

TEST_F(TrainPlanCommand, SaysWhatARunTakesAndLeavesNothing) {
  const Result result = train("run", {"--dry-run"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("activations"));
  EXPECT_THAT(result.out, HasSubstr("of 8 pairs"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainPlanCommand, AnswersProgramsInJson) {
  const Result result = train("run", {"--dry-run", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const nlohmann::json plan = nlohmann::json::parse(result.out);
  EXPECT_EQ(plan.at("steps"), 12);  // 4 epochs of 24 pairs, 8 at a time
  EXPECT_EQ(plan.at("moments"), 2 * plan.at("parameters").get<int64_t>());
  EXPECT_GT(plan.at("longest_activations"), plan.at("activations"));
  EXPECT_GT(plan.at("pairs_per_second"), 0);
}

TEST_F(TrainPlanCommand, RefusesWhatTheRunWouldRefuse) {
  EXPECT_EQ(train("run", {"--dry-run", "--batch-size", "32"}).status, 1);
  EXPECT_EQ(train("run", {"--json"}).status, 2);
  EXPECT_EQ(clipkit({"train", "--resume", in_folder("run"), "--dry-run"}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
