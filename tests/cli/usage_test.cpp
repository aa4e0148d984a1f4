// Help, wrong usage and exit statuses of all commands.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Usage : public CliTest {};

void expect_wrong_usage(const Result& result, const std::string& words) {
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_THAT(result.err, StartsWith("clipkit: "));
  EXPECT_THAT(result.err, HasSubstr(words));
  EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(Usage, HelpGoesToStandardOutput) {
  const Result result = clipkit({"--help"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
  for (const char* command : {"classify", "embed", "tokenize", "preprocess", "info", "convert", "pull", "bench"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("\n  ") + command + " "));
    const Result help = clipkit({"help", command});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, StartsWith(std::string("usage: clipkit ") + command + " "));
    EXPECT_EQ(clipkit({command, "--help"}).out, help.out);
  }
}

TEST_F(Usage, HelpOfClassifyHasTheAgreedForm) {
  const std::string help = clipkit({"help", "classify"}).out;
  EXPECT_THAT(help, StartsWith(
                        R"(usage: clipkit classify [options] PICTURE... [--] LABEL...
Say which words fit a picture: cosine similarity, learned temperature, softmax over the labels.
)"));
  EXPECT_THAT(help, HasSubstr(R"(
  PICTURE             files or folders; arguments that exist as files are pictures until --
  LABEL               words to choose from, used as they stand
  --labels FILE       one label a line instead, each put into the template
)"));
  EXPECT_THAT(help, HasSubstr("  --template TEXT     prompt with {} for the label; may be repeated        "
                              "[default: \"a photo of a {}.\" with --labels, \"{}\" otherwise]\n"));
  EXPECT_THAT(help,
              HasSubstr("  --top-k N           labels to print per picture                          [default: 5]\n"));
  EXPECT_THAT(help, HasSubstr("  --json              one JSON object per picture on stdout\n"));
  EXPECT_THAT(help, EndsWith("example: clipkit classify CLIP.png \"a diagram\" \"a dog\" \"a cat\"\n"));
}

TEST_F(Usage, DocsAreWhatTheTablesSay) {
  const Result result = clipkit({"help", "--markdown"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, slurp(std::string(CLIPKIT_SOURCE_DIR) + "/docs/cli.md"))
      << "write it anew: clipkit help --markdown > docs/cli.md";
}

TEST_F(Usage, VersionIsOneLine) {
  const Result result = clipkit({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, StartsWith("clipkit "));
  EXPECT_EQ(lines_of(result.out).size(), 1u);
}

TEST_F(Usage, NoCommandIsWrong) {
  expect_wrong_usage(clipkit({}), "no command");
}

TEST_F(Usage, WrongCommandNamesTheNearest) {
  expect_wrong_usage(clipkit({"clasify"}), "did you mean classify?");
  expect_wrong_usage(clipkit({"help", "tokenise"}), "did you mean tokenize?");
  EXPECT_THAT(clipkit({"xyzzyxyzzy"}).err, Not(HasSubstr("did you mean")));
}

TEST_F(Usage, WrongOptionNamesTheNearest) {
  expect_wrong_usage(clipkit({"classify", "--topk", "3"}), "there is no option --topk; did you mean --top-k?");
  expect_wrong_usage(clipkit({"embed", "--normalize"}), "did you mean --no-normalize?");
  expect_wrong_usage(clipkit({"classify", "--templ=x"}), "did you mean --template?");
}

TEST_F(Usage, ValuesAreChecked) {
  expect_wrong_usage(clipkit({"classify", "--top-k", "0"}), "--top-k is \"0\", expected a whole number of 1 or more");
  expect_wrong_usage(clipkit({"classify", "--top-k", "3x"}), "--top-k is \"3x\"");
  expect_wrong_usage(clipkit({"classify", "--top-k"}), "--top-k needs a value");
  expect_wrong_usage(clipkit({"classify", "--top-k", "--json"}), "--top-k needs a value");
  expect_wrong_usage(clipkit({"classify", "--json=yes"}), "--json takes no value");
  expect_wrong_usage(clipkit({"classify", "--precision", "fp23"}), "expected fp32, bf16 or int8; did you mean fp32?");
  expect_wrong_usage(clipkit({"preprocess", "--size", "99999999999999999999", "x"}), "--size is");
}

TEST_F(Usage, EachCommandSaysWhatIsMissing) {
  expect_wrong_usage(clipkit({"classify"}), "no picture");
  expect_wrong_usage(clipkit({"classify", picture("face.png")}), "nothing to choose from");
  expect_wrong_usage(clipkit({"classify", "a dog", "a cat"}), "\"a dog\" does not exist");
  expect_wrong_usage(clipkit({"embed"}), "give pictures, or --texts FILE, or --tokens FILE");
  expect_wrong_usage(clipkit({"embed", "--model", kModel, "--output", "x.csv", picture("face.png")}),
                     ".npy, .safetensors or .jsonl");
  expect_wrong_usage(clipkit({"preprocess", picture("face.png")}), "--output is missing");
  expect_wrong_usage(clipkit({"preprocess", "--output", "x.gif", picture("face.png")}), ".png or .npy");
  expect_wrong_usage(clipkit({"info", "a", "b"}), "give one checkpoint, not 2");
  expect_wrong_usage(clipkit({"convert", "a"}), "FROM and TO");
  expect_wrong_usage(clipkit({"tokenize", "--truncate", "x"}), "--context-length");
}

TEST_F(Usage, MessagesShowControlCharactersAsNumbers) {
  const Result result = clipkit({"info", "no\x1b[31m\nsuch"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(lines_of(result.err).size(), 1u);
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
}

TEST_F(Usage, AFullDiskBehindStandardOutputIsAFailure) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const Result result = Process({"/bin/sh", "-c", std::string(CLIPKIT_PROGRAM) + " help > /dev/full"}).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("standard output: cannot write: No space left"));
}

TEST_F(Usage, AClosedPipeEndsTheProgramQuietly) {
  const Result result =
      Process({"/bin/sh", "-c", std::string(CLIPKIT_PROGRAM) + " help --markdown | head -n 1"}).wait();
  EXPECT_EQ(result.out, "# The commands\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(Usage, PullListsWhatIsPublished) {
  const Result result = clipkit({"pull"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(lines_of(result.out).size(), 9u);
  EXPECT_THAT(result.out, HasSubstr("ViT-L/14@336px"));
  const Result unknown = clipkit({"pull", "ViT-B/33"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("ViT-B/32"));
}

TEST_F(Usage, PullReportsAServerThatIsNotThere) {
  const Result result = clipkit({"pull", "RN50", "--url", "http://127.0.0.1:1/RN50.pt", "--cache", folder_.string()});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("http://127.0.0.1:1/RN50.pt"));
  EXPECT_THAT(names_in_folder(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace clipkit::testing
