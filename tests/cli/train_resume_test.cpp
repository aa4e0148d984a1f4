// train --resume where something is no longer what it was: what does no harm is taken, what would make another run of
// it is refused.
#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TrainResumed : public TrainCommand {
 protected:
  // A run of 12 steps that was stopped after 6, and "whole", which was not.
  void SetUp() override {
    TrainCommand::SetUp();
    ASSERT_EQ(train("whole").status, 0);
    fs::copy(folder_ / "whole", folder_ / "run", fs::copy_options::recursive);
    for (const int step : {9, 12}) fs::remove_all(checkpoint("run", step));
  }
  void change_option(const std::string& name, const json& value) const {
    json options = json::parse(slurp(folder_ / "run/options.json"));
    options[name] = value;
    spill(folder_ / "run/options.json", options.dump());
  }
  void expect_refused(const std::string& message) const {
    const Result result = resume("run");
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(last_line(result), HasSubstr(message));
    EXPECT_TRUE(fs::exists(checkpoint("run", 6))) << "nothing is lost";
  }
  void damage(int step) const { fs::resize_file(checkpoint("run", step) / "optimizer.safetensors", 1000); }
};

TEST_F(TrainResumed, GoesOnFromTheNewestCheckpoint) {
  EXPECT_EQ(last_line(resume("run")), "clipkit: trained 12 steps: " + checkpoint("run", 12).string());
  expect_same_outcome("run", "whole", 12);
  EXPECT_EQ(last_line(resume("run")), "clipkit: trained 12 steps: " + checkpoint("run", 12).string())
      << "what has ended ends again";
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainResumed, PassesOverDamagedCheckpoints) {
  damage(6);
  const Result result = resume("run");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err,
              StartsWith("clipkit: warning: " + checkpoint("run", 6).string() + " is damaged and is passed over: "));
  EXPECT_THAT(result.err, HasSubstr("optimizer.safetensors is not what was written\n"));
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainResumed, NeedsOneCheckpointThatIsWhole) {
  for (const int step : {0, 3, 6}) damage(step);
  expect_refused(in_folder("run") + ": no whole checkpoint to go on from");
  fs::remove(folder_ / "run/options.json");
  expect_refused(in_folder("run") + ": holds no run to go on with: there is no options.json");
}

TEST_F(TrainResumed, NeedsNeitherTheModelsFileNorTheTokenizer) {
  fs::remove(folder_ / "tiny.json");
  fs::remove_all(folder_ / "tok");
  EXPECT_EQ(resume("run").status, 0);
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainResumed, CutsOffWhatWasHalfWritten) {
  fs::resize_file(folder_ / "run/metrics.jsonl", fs::file_size(folder_ / "run/metrics.jsonl") - 7);
  EXPECT_EQ(resume("run").status, 0);
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainResumed, RefusesACheckpointOfAnotherArchitecture) {
  change_option("model", "mini-vit");
  expect_refused(checkpoint("run", 6).string() + ": is of another architecture than the model asked for, mini-vit");
}

TEST_F(TrainResumed, RefusesAnOptimizerOfOtherOptions) {
  change_option("bf16-moments", true);
  expect_refused("\" has another shape or type than the options of the run ask for");
  change_option("bf16-moments", false);
  change_option("ema-decay", 0.9);
  expect_refused("ema/open_clip_model.safetensors: cannot open: No such file or directory");
}

TEST_F(TrainResumed, RefusesOtherPairs) {
  const auto expect_other_pairs = [&](const std::string& how) {
    expect_refused(in_folder("pairs") + ": not the pairs that the run began with: 24 then, " + how +
                   "; put them back, or begin another run with --pretrained and a checkpoint of this one");
  };
  fs::rename(folder_ / "pairs/110.ppm", folder_ / "aside.png");
  expect_other_pairs("23 now");
  fs::copy(folder_ / "aside.png", folder_ / "pairs/400.ppm");
  fs::copy(folder_ / "pairs/110.txt", folder_ / "pairs/400.txt");
  expect_other_pairs("24 now, in another order or with other names");
  fs::remove(folder_ / "pairs/400.ppm");
  fs::remove(folder_ / "pairs/400.txt");
  fs::rename(folder_ / "aside.png", folder_ / "pairs/110.ppm");
  EXPECT_EQ(resume("run").status, 0);
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainResumed, TakesNoOtherOptions) {
  for (const Words& more : {Words{"--lr", "1"}, Words{"--logs", in_folder("x")}, Words{"--train-data", "x"}}) {
    Words words = {"train", "--resume", in_folder("run")};
    words.insert(words.end(), more.begin(), more.end());
    const Result result = clipkit(words);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--resume goes on with the options of the run: leave the others out"));
  }
}

TEST_F(TrainResumed, DoesNotHappenByItself) {
  const Result result = train("run");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, EndsWith("run: holds a run already; resume it, or name another folder\n"));
}

}  // namespace
}  // namespace clipkit::testing
