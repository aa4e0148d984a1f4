// quantize: a model in, a smaller one out that other commands read; what is said where that goes wrong.
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

}  // namespace
}  // namespace clipkit::testing
