// train on several processes that mpirun starts: the run of one process, to rounding; stopped, resumed on another
// number of them, and with one of them killed.
#include <cmath>

#include "clipkit/tensor_file.h"

#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class TrainOnRanks : public TrainCommand {
 protected:
  void SetUp() override {
#ifndef CLIPKIT_MPIRUN
    GTEST_SKIP() << "built without MPI";
#else
    TrainCommand::SetUp();
    if (mpirun(2, {"--version"}).status != 0) GTEST_SKIP() << "mpirun cannot start processes here";
#endif
  }
  void TearDown() override {
    if (!folder_.empty()) TrainCommand::TearDown();
  }

  // What Open MPI needs to run as root, more ranks than there are processors, and in a container: tests/dist.
  static Words on_ranks(int num, const Words& arguments) {
#ifdef CLIPKIT_MPIRUN
    const std::string mpirun = CLIPKIT_MPIRUN;
#else
    const std::string mpirun;
#endif
    Words command = {"env",
                     "OMPI_ALLOW_RUN_AS_ROOT=1",
                     "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
                     "OMPI_MCA_rmaps_base_oversubscribe=1",
                     "OMPI_MCA_hwloc_base_binding_policy=none",
                     "OMPI_MCA_btl=self,vader",
                     "OMPI_MCA_btl_vader_single_copy_mechanism=none",
                     "OMP_WAIT_POLICY=passive",
                     "ASAN_OPTIONS=detect_leaks=0",
                     mpirun,
                     "-n",
                     std::to_string(num),
                     CLIPKIT_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
  static Result mpirun(int num, const Words& arguments) {
    return Process(on_ranks(num, arguments)).wait();
  }

  std::vector<json> lines(const std::string& logs) const {
    std::vector<json> result;
    for (const std::string& line : lines_of(slurp(folder_ / logs / "metrics.jsonl")))
      result.push_back(json::parse(line));
    return result;
  }
  // Sums are of the same numbers in another order: off by some roundings of float32, 6e-8 of them, which Adam carries
  // on from step to step. Where a gradient is all rounding Adam still makes a whole step of it, so that single weights
  // may differ by a few learning rates; a wrong gradient would change most of them by as much in a few steps.
  void expect_the_run_of_one_process(const std::string& logs, const std::string& one, int step) const {
    const std::vector<json> found = lines(logs), expected = lines(one);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i]["step"], expected[i]["step"]);
      const double loss = expected[i]["train/loss"];
      EXPECT_NEAR(found[i]["train/loss"].get<double>(), loss, 1e-5 * loss) << "after " << i << " steps";
    }
    const NamedTensors a = read_tensor_file(checkpoint(logs, step) / "open_clip_model.safetensors"),
                       b = read_tensor_file(checkpoint(one, step) / "open_clip_model.safetensors");
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    double squares = 0, differences = 0;
    for (const auto& [name, tensor] : b.tensors) {
      const auto x = a.tensors.at(name).span<float>(), y = tensor.span<float>();
      for (size_t i = 0; i < y.size(); ++i) {
        squares += double{y[i]} * double{y[i]};
        differences += std::pow(double{x[i]} - double{y[i]}, 2);
      }
    }
    EXPECT_LT(std::sqrt(differences / squares), 1e-4) << "of all weights";
  }

  // The processes that mpirun has started, in the order of their ranks: its children by their numbers.
  static std::vector<pid_t> ranks_of(pid_t mpirun) {
    std::vector<pid_t> ranks;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const std::string status = slurp(entry.path() / "status");
      if (status.find("\nPPid:\t" + std::to_string(mpirun) + "\n") != std::string::npos)
        ranks.push_back(std::stoi(name));
    }
    std::sort(ranks.begin(), ranks.end());
    return ranks;
  }
  // Not even a second after it should have ended. A zombie that nobody has asked about is no process.
  static bool is_running(pid_t pid) {
    for (int tenths = 0; tenths < 10; ++tenths) {
      const std::string status = slurp("/proc/" + std::to_string(pid) + "/status");
      if (status.empty() || status.find("\nState:\tZ") != std::string::npos) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return true;
  }
};

TEST_F(TrainOnRanks, IsTheRunOfOneProcess) {
  ASSERT_EQ(train("one").status, 0);
  for (const int num : {1, 2, 4}) {
    const std::string logs = "of" + std::to_string(num);
    const Result result = mpirun(num, options(logs));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(last_line(result), "clipkit: trained 12 steps: " + checkpoint(logs, 12).string());
    EXPECT_EQ(lines_of(result.err).size(), 2u) << "one speaks for all: " << result.err;
    if (num == 1) {
      expect_same_outcome(logs, "one", 12);
    } else {
      expect_the_run_of_one_process(logs, "one", 12);
    }
    // The same bits each time.
    fs::rename(folder_ / logs, folder_ / "before");
    ASSERT_EQ(mpirun(num, options(logs)).status, 0);
    expect_same_outcome(logs, "before", 12);
    fs::remove_all(folder_ / "before");
  }
}

TEST_F(TrainOnRanks, IsTheRunOfOneProcessInEveryOtherWay) {
  const Words more = {"--accum-freq",   "2",   "--force-patch-dropout", "0.5", "--siglip", "--ema-decay", "0.9",
                      "--color-jitter", "0.2", "--color-jitter-prob",   "0.5"};
  ASSERT_EQ(train("one", more).status, 0);
  const Result result = mpirun(2, options("two", more));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_the_run_of_one_process("two", "one", 12);
}

TEST_F(TrainOnRanks, GoesOnOnAnotherNumberOfThem) {
  ASSERT_EQ(train("one").status, 0);
  ASSERT_EQ(mpirun(2, options("run")).status, 0);
  int next = 4;
  for (const int step : {9, 6, 3}) {  // each time three steps less
    for (int later = step + 1; later <= 12; ++later) fs::remove_all(checkpoint("run", later));
    const Words words = {"train", "--resume", in_folder("run")};
    const Result result = next == 1 ? clipkit(words) : mpirun(next, words);
    EXPECT_EQ(result.status, 0) << result.err;
    expect_the_run_of_one_process("run", "one", 12);
    next = next == 4 ? 1 : 2;
  }
}

TEST_F(TrainOnRanks, StopsOnASignalThatMpirunPassesOnAndGoesOnWithTheSameBits) {
  const Words more = {"--epochs", "100", "--save-frequency", "0"};
  ASSERT_EQ(mpirun(2, options("whole", more)).status, 0);
  Process process(on_ranks(2, options("run", more)));
  wait_for_lines("run", 30);
  process.signal(SIGUSR1);
  const Result stopped = process.wait();
  EXPECT_EQ(stopped.status, 128 + SIGUSR1) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr(" of 300 steps; \"clipkit train --resume " + in_folder("run") + "\" goes on\n"));
  const Result result = mpirun(2, {"train", "--resume", in_folder("run")});
  EXPECT_EQ(result.status, 0) << result.err;
  expect_same_outcome("run", "whole", 300);
}

TEST_F(TrainOnRanks, EndsWithOneThatIsKilledAndGoesOnWithTheSameBits) {
  const Words more = {"--epochs", "100", "--save-frequency", "0", "--save-every", "20"};
  ASSERT_EQ(mpirun(2, options("whole", more)).status, 0);
  for (const size_t victim : {0, 1}) {
    fs::remove_all(folder_ / "run");
    Process process(on_ranks(2, options("run", more)));
    wait_for_lines("run", 50);
    const std::vector<pid_t> ranks = ranks_of(process.pid());
    ASSERT_EQ(ranks.size(), 2u);
    ::kill(ranks[victim], SIGKILL);
    const Result killed = process.wait();
    EXPECT_NE(killed.status, 0);
    EXPECT_THAT(killed.err, HasSubstr("signal 9 (Killed)"));
    EXPECT_THAT(killed.err, Not(HasSubstr("trained ")));
    for (const pid_t rank : ranks) EXPECT_FALSE(is_running(rank)) << "a rank lives on";
    const Result result = mpirun(2, {"train", "--resume", in_folder("run")});
    EXPECT_EQ(result.status, 0) << result.err;
    expect_same_outcome("run", "whole", 300);
  }
}

TEST_F(TrainOnRanks, PlanTogetherAndAnswerOnce) {
  const Result result = mpirun(2, options("run", {"--dry-run", "--json"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(lines_of(result.out).size(), 1u) << result.out;
  EXPECT_EQ(json::parse(result.out).at("pairs_per_step"), 8);
}

TEST_F(TrainOnRanks, RefusesWhatTheyCannotShare) {
  const Result batch = mpirun(3, options("run"));
  EXPECT_EQ(batch.status, 1);
  EXPECT_THAT(batch.err, HasSubstr("clipkit: batch-size is 8, expected 2 or more and a multiple of the 3 processes\n"));
  const Result none = mpirun(2, options("run", {"--train-data", in_folder("none")}));
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("none: no such file or folder\n"));
  const Result nowhere = mpirun(2, options("pairs/100.txt"));
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("pairs/100.txt: cannot make this folder: Not a directory\n"));
}

TEST_F(TrainOnRanks, GoBackTogetherWhereStepsGoWrong) {
  const Words more = {"--lr", "300", "--lr-scheduler", "const", "--warmup", "0", "--epochs", "18", "--save-every", "5"};
  const Result result = mpirun(2, options("run", more));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("5 steps in a row were left out: weights went back to step "));
  EXPECT_THAT(result.err, HasSubstr("clipkit: trained 54 steps: "));
}

}  // namespace
}  // namespace clipkit::testing
