// quantize: a model in, a smaller one out that other commands read; what is said where that goes wrong.
#include <sys/stat.h>

#include "cli/program.h"

namespace clipkit::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class QuantizeCommand : public CliTest {};

TEST_F(QuantizeCommand, WritesACheckpointThatOtherCommandsRead) {
  const std::string folder = in_folder("int8");
  const Result written = clipkit({"quantize", "generated:mini-vit", "--output", folder, "--json"});
  ASSERT_EQ(written.status, 0) << written.err;
  const auto report = nlohmann::json::parse(written.out);
  EXPECT_EQ(report["passed"], true);
  EXPECT_GT(report["images_median"], 0.99);
  EXPECT_GT(report["texts_worst"], 0.97);
  for (const char* precision : {"int8", "fp32"}) {
    const Result found = clipkit({"bench", folder, "--precision", precision, "--batch", "2", "--time", "1", "--json"});
    EXPECT_EQ(found.status, 0) << found.err;
  }
  EXPECT_EQ(clipkit({"info", folder}).status, 0);
  EXPECT_EQ(clipkit({"convert", folder, in_folder("wide.safetensors"), "--layout", "openai"}).status, 0);
}

TEST_F(QuantizeCommand, SaysWhichBoundIsMissedAndWritesNothing) {
  const Result missed = clipkit({"quantize", "generated:mini-vit", "--output", in_folder("int8"), "--min-median", "1"});
  EXPECT_EQ(missed.status, 1);
  EXPECT_THAT(missed.out, HasSubstr("MISSED"));
  EXPECT_THAT(missed.err, HasSubstr("--write-below-bounds"));
  EXPECT_THAT(names_in_folder(), IsEmpty());
}

TEST_F(QuantizeCommand, WantsAModelAndAPlace) {
  EXPECT_EQ(clipkit({"quantize", "generated:mini-vit"}).status, 2);
  EXPECT_EQ(clipkit({"quantize", "--output", in_folder("int8")}).status, 2);
}

// Texts come from a pipe that nobody writes to, so that it is known where the program is.
TEST_F(QuantizeCommand, SaysThatItWasStoppedAndLeavesNothing) {
  const std::string texts = in_folder("texts");
  for (const int signal : {SIGINT, SIGTERM}) {
    ASSERT_EQ(::mkfifo(texts.c_str(), 0600), 0);
    Process quantize(
        {CLIPKIT_PROGRAM, "quantize", "generated:mini-vit", "--output", in_folder("int8"), "--texts", texts});
    int pipe = -1;  // opens once there is a reader
    for (int i = 0; i < 6000 && pipe < 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      pipe = ::open(texts.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    }
    ASSERT_GE(pipe, 0);
    quantize.signal(signal);
    const Result stopped = quantize.wait();
    ::close(pipe);
    EXPECT_EQ(stopped.status, 128 + signal);
    EXPECT_THAT(stopped.err, HasSubstr("clipkit: stopped\n"));
    fs::remove(texts);
    EXPECT_THAT(names_in_folder(), IsEmpty());
  }
}

}  // namespace
}  // namespace clipkit::testing
