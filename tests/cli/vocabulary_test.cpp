// classify --vocabulary, with the model that comes with clipkit.
#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class VocabularyOption : public CliTest {
 protected:
  static Result classify(std::vector<std::string> more) {
    const std::string rabbit = std::string(CLIPKIT_SOURCE_DIR) + "/examples/drawings/rabbit.png";
    more.insert(more.begin(), {"classify", rabbit});
    return clipkit(std::move(more));
  }
};

TEST_F(VocabularyOption, ProposesWordsOfTheBuiltInOne) {
  const Result first = classify({"--vocabulary", "--json", "--top-k", "4", "--template", "{}"});
  ASSERT_EQ(first.status, 0) << first.err;
  const json answer = json::parse(first.out);
  ASSERT_EQ(answer["probabilities"].size(), 4U);
  ASSERT_EQ(answer["logits"].size(), 4U);
  EXPECT_TRUE(answer["probabilities"].contains("rabbit") || answer["probabilities"].contains("rabbit face"))
      << first.out;
  EXPECT_EQ(classify({"--vocabulary", "--json", "--top-k", "4", "--template", "{}"}).out, first.out)
      << "from the cache";
  EXPECT_FALSE(fs::is_empty(in_folder("cache/features")));
  EXPECT_EQ(lines_of(classify({"--vocabulary"}).out).size(), 5U);
}

TEST_F(VocabularyOption, TakesTheLinesOfAFileEachOnce) {
  spill(in_folder("words.txt"), "rabbit\r\npizza\n\n  \nrabbit\ntrain\n");
  const Result result = classify({"--vocabulary=" + in_folder("words.txt"), "--json", "--top-k", "9"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("more than once")));
  EXPECT_EQ(json::parse(result.out)["probabilities"].size(), 3U);
  const Result listed = classify({"--json", "--template", "a photo of a {}.", "rabbit", "pizza", "train"});
  EXPECT_EQ(json::parse(result.out)["logits"], json::parse(listed.out)["logits"]) << "as labels among the arguments";
}

TEST_F(VocabularyOption, SaysThatWordsAreCutOff) {
  std::string line = "rabbit";
  for (int i = 0; i < 80; ++i) line += " word";
  spill(in_folder("words.txt"), line + "\npizza\n");
  const Result result = classify({"--vocabulary=" + in_folder("words.txt")});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("1 texts are longer than the model's context"));
}

TEST_F(VocabularyOption, AnswersWhereTheCacheCannotBeWritten) {
  spill(in_folder("cache"), "a file is in the way");
  const Result result = classify({"--vocabulary"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("it will be computed again"));
  EXPECT_EQ(lines_of(result.out).size(), 5U);
}

TEST_F(VocabularyOption, RefusesWhatMakesNoSense) {
  spill(in_folder("words.txt"), "\n\n");
  spill(in_folder("bad.txt"), "rabbit\n\xFF\n");
  EXPECT_THAT(classify({"--vocabulary=" + in_folder("words.txt")}).err, HasSubstr("there are no labels in this file"));
  EXPECT_THAT(classify({"--vocabulary=" + in_folder("bad.txt")}).err, HasSubstr("UTF-8"));
  EXPECT_EQ(classify({"--vocabulary=" + in_folder("none.txt")}).status, 1);
  EXPECT_EQ(classify({"--vocabulary="}).status, 2);
  EXPECT_EQ(classify({"--vocabulary", "--labels", in_folder("words.txt")}).status, 2);
  EXPECT_EQ(classify({"--vocabulary", "--", "a rabbit"}).status, 2);
  EXPECT_EQ(classify({"--vocabulary", "--reject"}).status, 2);
}

}  // namespace
}  // namespace clipkit::testing
