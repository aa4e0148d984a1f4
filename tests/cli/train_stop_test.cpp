// train, stopped by a signal or killed at any moment: what is resumed ends with the same bits as what never stopped.
#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class TrainStopped : public TrainCommand {
 protected:
  // Everything that draws random numbers or keeps something from step to step.
  const Words all_kinds_of_state_ = {"--bf16-moments",
                                     "--ema-decay",
                                     "0.9",
                                     "--force-patch-dropout",
                                     "0.5",
                                     "--color-jitter",
                                     "0.2",
                                     "--color-jitter-prob",
                                     "0.5",
                                     "--accum-freq",
                                     "2",
                                     "--shuffle-buffer",
                                     "6"};
};

TEST_F(TrainStopped, BySignalsGoesOnWithTheSameBits) {
  constexpr int kSteps = 900;
  Words more = all_kinds_of_state_;
  more.insert(more.end(),
              {"--epochs", "300", "--save-frequency", "0", "--val-data", in_folder("pairs"), "--val-frequency", "100"});
  ASSERT_EQ(train("whole", more).status, 0);
  Words command = program(options("run", more));
  size_t lines = 0;
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process(command);
    wait_for_lines("run", lines += 200);
    process.signal(signal);
    const Result stopped = process.wait();
    EXPECT_EQ(stopped.status, 128 + signal) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr(" of 900 steps; \"clipkit train --resume " + in_folder("run") + "\" goes on\n"));
    command = program({"train", "--resume", in_folder("run")});
  }
  const Result result = resume("run");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, EndsWith("trained 900 steps: " + checkpoint("run", kSteps).string() + "\n"));
  expect_same_outcome("run", "whole", kSteps);
}

TEST_F(TrainStopped, ByDataThatAreGoneGoesOnWithTheSameBitsOnceTheyAreBack) {
  constexpr int kSteps = 900;
  const Words more = {"--epochs", "300", "--save-frequency", "0"};
  ASSERT_EQ(train("whole", more).status, 0);
  Process process(program(options("run", more)));
  wait_for_lines("run", 100);
  fs::rename(folder_ / "pairs", folder_ / "aside");
  const Result stopped = process.wait();
  EXPECT_EQ(stopped.status, 1) << stopped.err;
  EXPECT_THAT(last_line(stopped), HasSubstr("64 samples one after the other could not be read, the last one: "));
  fs::rename(folder_ / "aside", folder_ / "pairs");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "run/checkpoints"), {}), 2) << "the first and the last";
  const Result result = resume("run");
  EXPECT_EQ(result.status, 0) << result.err;
  expect_same_outcome("run", "whole", kSteps);
}

TEST_F(TrainStopped, ByKillsAtAnyMomentGoesOnWithTheSameBits) {
  constexpr int kSteps = 300;
  Words more = all_kinds_of_state_;
  more.insert(more.end(), {"--epochs", "100", "--save-every", "7", "--keep-checkpoints", "2"});
  ASSERT_EQ(train("whole", more).status, 0);
  const auto next = [&] {
    const bool begun = fs::exists(folder_ / "run/options.json");
    return program(begun ? Words{"train", "--resume", in_folder("run")} : options("run", more));
  };
  EXPECT_GT(kill_until_one_ends(next, 40, [](int ms) { return ms * 3 / 2; }), 1);
  expect_same_outcome("run", "whole", kSteps);
}

#ifdef CLIPKIT_KILL_AT_RENAME  // not with a sanitizer, which wants to be loaded before any other library
TEST_F(TrainStopped, ByAKillBeforeAnyRenameGoesOnWithTheSameBits) {
  constexpr int kSteps = 4;
  const Words more = {"--batch-size", "12", "--epochs", "2", "--save-frequency", "0",
                      "--save-every", "2",  "--warmup", "1"};
  ASSERT_EQ(train("whole", more).status, 0);
  int rename = 0;
  for (int status = -1; status != 0;) {
    fs::remove_all(folder_ / "run");
    Words command = program(options("run", more));
    command.insert(command.begin(),
                   {"env", "LD_PRELOAD=" CLIPKIT_KILL_AT_RENAME, "KILL_AT_RENAME=" + std::to_string(++rename)});
    const Result killed = Process(command).wait();
    status = killed.status;
    if (status == 0) break;  // the run has fewer
    ASSERT_EQ(status, 128 + SIGKILL) << killed.err;
    const bool begun = fs::exists(folder_ / "run/options.json");
    const Result result = begun ? resume("run") : train("run", more);
    EXPECT_EQ(result.status, 0) << "killed before rename " << rename << ": " << result.err;
    EXPECT_EQ(last_line(result), "clipkit: trained 4 steps: " + checkpoint("run", kSteps).string());
    expect_same_outcome("run", "whole", kSteps);
    for (const auto& entry : fs::directory_iterator(folder_ / "run/checkpoints"))
      EXPECT_THAT(entry.path().string(), ::testing::Not(HasSubstr("unfinished")));
  }
  EXPECT_GT(rename, 3 * 8) << "three checkpoints of eight files and the folder itself are renamed";
}
#endif

}  // namespace
}  // namespace clipkit::testing
