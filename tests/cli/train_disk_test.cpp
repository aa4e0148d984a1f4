// train on a disk that is full or may not be written: what was saved stays, the message says what to do, and the run
// goes on where it was once there is room.
#include <sys/resource.h>

#include "cli/train_fixture.h"

namespace clipkit::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TrainOnADisk : public TrainCommand {
 protected:
  // The newest checkpoint that a message names.
  static std::string last_good_one(const std::string& message) {
    const std::string words = "the last good one is ";
    const size_t found = message.rfind(words);
    return found == std::string::npos ? message : lines_of(message.substr(found + words.size())).at(0);
  }
};

TEST_F(TrainOnADisk, WithoutRoomForACheckpointDoesNotBegin) {
  // A limit on the size of files is the full disk that needs no disk. ulimit counts blocks of 512 bytes.
  Words command = {"sh", "-c", "ulimit -f 64 && exec \"$@\"", "sh"};
  const Words run = program(options("run"));
  command.insert(command.end(), run.begin(), run.end());
  const Result result = Process(command).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(last_line(result), StartsWith("clipkit: the checkpoint of step 0 could not be written: "));
  EXPECT_THAT(result.err, EndsWith(": cannot write: File too large; there is no earlier one\n"));
  EXPECT_TRUE(fs::is_empty(folder_ / "run/checkpoints"));
  // Nothing was begun, so the same command begins.
  EXPECT_EQ(train("run").status, 0);
}

TEST_F(TrainOnADisk, ThatFillsUpKeepsTheLastCheckpointAndGoesOnFromIt) {
  constexpr int kSteps = 600;
  const Words more = {"--epochs", "200", "--save-frequency", "0", "--save-every", "100"};
  ASSERT_EQ(train("whole", more).status, 0);
  Process process(program(options("run", more)));
  wait_for_lines("run", 150);
  const rlimit full = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::prlimit(process.pid(), RLIMIT_FSIZE, &full, nullptr), 0);
  const Result result = process.wait();
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("metrics.jsonl: cannot write: File too large; training goes on without\n"));
  EXPECT_THAT(result.err, HasSubstr("cannot write: File too large; the last good one is "));
  EXPECT_THAT(result.err, HasSubstr("; training goes on\n"));
  EXPECT_THAT(last_line(result), StartsWith("clipkit: the checkpoint of step 600 could not be written: "));
  const fs::path last = last_good_one(result.err);
  EXPECT_THAT(last.string(), StartsWith(in_folder("run/checkpoints/step-0000000")));
  EXPECT_EQ(clipkit({"info", last.string()}).status, 0) << "it is a model";

  const Result resumed = resume("run");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  expect_same_outcome("run", "whole", kSteps);
}

TEST_F(TrainOnADisk, OfASmallSizeKeepsTheLastCheckpointAndGoesOnFromIt) {
  const Words more = {"--save-every", "4"};  // and every 3: an epoch
  ASSERT_EQ(train("whole", more).status, 0);
  size_t bytes = 0;
  for (const auto& [name, content] : outcome("whole", 12)) bytes += (content.size() + 4095) / 4096 * 4096;
  fs::create_directories(folder_ / "disk");
  const std::string mount = "mount -t tmpfs -o size=" + std::to_string(bytes * 5 / 2) + " tmpfs \"$0\"";
  if (Process({"env", "unshare", "-m", "sh", "-c", mount, in_folder("disk")}).wait().status != 0)
    GTEST_SKIP() << "this user cannot mount a disk of a small size";
  // The disk is there for these processes alone: what is left on it is moved to where there is room.
  Words command = {"unshare",
                   "-m",
                   "sh",
                   "-c",
                   mount + " || exit 99; to=$1; shift; \"$@\"; status=$?; cp -r \"$0/run\" \"$to\"; exit $status",
                   in_folder("disk"),
                   in_folder("run")};
  const Words run = program(options("disk/run", more));
  command.insert(command.end(), run.begin(), run.end());
  const Result result = Process(command).wait();
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr(": cannot write: No space left on device; the last good one is "));
  EXPECT_EQ(last_good_one(result.err), checkpoint("disk/run", 3).string());

  const Result resumed = resume("run");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  expect_same_outcome("run", "whole", 12);
}

TEST_F(TrainOnADisk, ThatMayNotBeWrittenSaysSoAtOnce) {
  fs::create_directories(folder_ / "mine");  // and nobody else's
  if (::geteuid() != 0) ::chmod(in_folder("mine").c_str(), 0555);
  if (!can_be_another_user()) GTEST_SKIP() << "the program cannot be started as another user";
  const Result no_folder = Process(not_as_root(program(options("mine/run")))).wait();
  EXPECT_EQ(no_folder.status, 1);
  EXPECT_EQ(no_folder.err, "clipkit: " + in_folder("mine/run") + ": cannot make this folder: Permission denied\n");
  const Result no_file = Process(not_as_root(program(options("mine")))).wait();
  EXPECT_EQ(no_file.status, 1);
  EXPECT_EQ(no_file.err, "clipkit: " + in_folder("mine/options.json") + ": cannot write here: Permission denied\n");

  // A run of somebody else.
  ASSERT_EQ(train("theirs").status, 0);
  if (::geteuid() != 0) ::chmod(in_folder("theirs/metrics.jsonl").c_str(), 0444);
  const Result theirs = Process(not_as_root(program({"train", "--resume", in_folder("theirs")}))).wait();
  EXPECT_EQ(theirs.status, 1);
  EXPECT_EQ(last_line(theirs),
            "clipkit: " + in_folder("theirs/metrics.jsonl") + ": cannot write here: Permission denied");
}

TEST_F(TrainOnADisk, IntoAFileSaysSoAtOnce) {
  const Result result = train("pairs/100.txt");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "clipkit: " + in_folder("pairs/100.txt") + ": cannot make this folder: Not a directory\n");
}

}  // namespace
}  // namespace clipkit::testing
