// prepare: a model in, a folder out that commands run and that says what it is.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using ::testing::HasSubstr;

class PrepareCommand : public CliTest {};

TEST_F(PrepareCommand, WritesAModelThatAnswersAlike) {
  const std::string ready = in_folder("ready"), texts = in_folder("texts.txt");
  std::ofstream(texts) << "a dog\na cat\n";
  const Result written = clipkit({"prepare", "generated:mini-vit", "--output", ready});
  ASSERT_EQ(written.status, 0) << written.err;
  const Result direct = clipkit({"embed", "--model", "generated:mini-vit", "--texts", texts}),
               mapped = clipkit({"embed", "--model", ready, "--texts", texts});
  EXPECT_EQ(mapped.status, 0) << mapped.err;
  EXPECT_EQ(mapped.out, direct.out);
  EXPECT_THAT(clipkit({"info", ready}).out, HasSubstr("from generated:mini-vit, for fp32"));
}

TEST_F(PrepareCommand, WantsAModelAndAPlace) {
  EXPECT_EQ(clipkit({"prepare", "generated:mini-vit"}).status, 2);
  EXPECT_EQ(clipkit({"prepare", "--output", in_folder("ready")}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
