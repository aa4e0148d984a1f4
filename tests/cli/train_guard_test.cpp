// train where steps go wrong. Learning rates that are far too high do it: with a decay of 0.2, AdamW multiplies
// matrices by 1 - 0.2 lr at each step, which is beyond -1 from lr = 10 on, and they grow without limit.
#include <cmath>

#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TrainDiverging : public TrainCommand {
 protected:
  Words wild(const std::string& lr) const {
    // A checkpoint after every step, harmful ones too.
    return {"--lr", lr, "--lr-scheduler", "const", "--warmup", "0", "--epochs", "18", "--save-every", "1"};
  }
  json state(const std::string& logs, int step) const {
    return json::parse(slurp(checkpoint(logs, step) / "training_state.json"));
  }
};

TEST_F(TrainDiverging, GoesBackToGoodWeightsWithALowerRateUntilItHolds) {
  const Result result = train("run", wild("300"));
  EXPECT_EQ(result.status, 0) << result.err;
  double factor = 1;
  int refused = 0, in_a_row = 0;
  for (const std::string& text : lines_of(slurp(folder_ / "run/metrics.jsonl"))) {
    const json line = json::parse(text);
    const std::string event = line.value("event", "");
    if (event.empty()) {
      EXPECT_TRUE(line["train/loss"].is_number());
      EXPECT_FLOAT_EQ(line["train/lr"].get<float>(), static_cast<float>(300 * factor));
      in_a_row = 0;
    } else if (event.starts_with("the step was left out: loss ")) {
      EXPECT_THAT(event, HasSubstr(", " + std::to_string(++in_a_row) + " in a row"));
      ++refused;
    } else {
      EXPECT_EQ(in_a_row, 5);
      factor /= 2;
      EXPECT_THAT(event, StartsWith("5 steps in a row were left out: weights went back to step "));
      EXPECT_THAT(event, HasSubstr(", the learning rate is now " + json(factor).dump() + " of what was planned"));
      EXPECT_THAT(result.err, HasSubstr(event)) << "it is said on the screen too";
      in_a_row = 0;
    }
  }
  EXPECT_LE(factor, 0.5);
  EXPECT_GT(factor, 0.001);
  EXPECT_EQ(state("run", 54)["lr_factor"], factor);
  EXPECT_EQ(state("run", 54)["guard"]["num_refused"], refused);
}

TEST_F(TrainDiverging, GoesOnInTheMiddleOfItWithTheSameBits) {
  ASSERT_EQ(train("whole", wild("300")).status, 0);
  int resumed = 0;
  for (int step = 1; step < 54 && resumed < 2; ++step) {
    // After a harmful step that nothing shows yet, then in the middle of refused ones.
    const bool wanted = resumed == 0 ? state("whole", step + 1)["guard"]["in_a_row"] == 1
                                     : state("whole", step)["guard"]["in_a_row"] == 3;
    if (!wanted) continue;
    ++resumed;
    fs::remove_all(folder_ / "run");
    fs::copy(folder_ / "whole", folder_ / "run", fs::copy_options::recursive);
    for (int later = step + 1; later <= 54; ++later) fs::remove_all(checkpoint("run", later));
    EXPECT_EQ(resume("run").status, 0);
    expect_same_outcome("run", "whole", 54);
  }
  EXPECT_EQ(resumed, 2);
}

TEST_F(TrainDiverging, GivesUpWhereNoRateHolds) {
  Words words = wild("1e30");
  words.insert(words.end(), {"--save-every", "2", "--keep-checkpoints", "1", "--epochs", "24"});
  const Result result = train("run", words);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(last_line(result), AllOf(StartsWith("clipkit: the run has diverged at step "),
                                       HasSubstr(" again and again: a lower lr, a longer warmup or "
                                                 "grad-clip-norm may help")));
  const Result again = resume("run");
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(last_line(again), last_line(result));
}

TEST_F(TrainDiverging, SaysWhichWeightsAreGoodWhereItEndsBadly) {
  Words words = wild("1e30");
  words.insert(words.end(), {"--epochs", "1"});
  const Result result = train("run", words);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err,
              HasSubstr("clipkit: warning: the last steps were left out: what the run ends with may be harmed, " +
                        checkpoint("run", 0).string() + " is not\n"));
}

}  // namespace
}  // namespace clipkit::testing
