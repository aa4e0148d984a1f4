#include "eval/reject_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

RejectRule made_rule() {
  return {.score = RejectScore::kNegLabel,
          .threshold = 0.1 + 0.2,
          .coverage = 0.95,
          .pictures = 1000,
          .labels = 10,
          .data = "cifar10:/data/\"quoted\"",
          .version = "0.1.0",
          .model_sha256 = std::string(64, 'a'),
          .prompts_sha256 = std::string(64, '0'),
          .vocabulary_sha256 = std::string(64, '9')};
}

std::string problem_of(const std::string& text) {
  try {
    parse_reject_rule(text, "rule.json");
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

// The rule's text with one part of it replaced.
std::string with(const std::string& part, const std::string& other) {
  std::string text = spell_reject_rule(made_rule());
  const size_t place = text.find(part);
  EXPECT_NE(place, std::string::npos) << part;
  return text.replace(place, part.size(), other);
}

TEST(RejectRule, ComesBackFromItsFile) {
  const TemporaryFolder folder;
  const RejectRule rule = made_rule();
  write_reject_rule(folder / "rule.json", rule);
  const RejectRule read = read_reject_rule(folder / "rule.json");
  EXPECT_EQ(read.score, rule.score);
  EXPECT_EQ(read.threshold, rule.threshold) << "to the last bit";
  EXPECT_EQ(spell_reject_rule(read), spell_reject_rule(rule));
}

TEST(RejectRule, OtherScoresNeedNoVocabulary) {
  RejectRule rule = made_rule();
  rule.score = RejectScore::kMcm;
  EXPECT_EQ(parse_reject_rule(spell_reject_rule(rule), "rule").vocabulary_sha256, "");
}

TEST(RejectRule, RefusesWhatIsDamaged) {
  EXPECT_THAT(problem_of("{}"), HasSubstr("rule.json: not a rule"));
  EXPECT_THAT(problem_of("[1]"), HasSubstr("rule.json: not a rule"));
  EXPECT_THAT(problem_of(with("\"reject_rule\": 1", "\"reject_rule\": 2")), HasSubstr("layout 2, expected 1"));
  EXPECT_THAT(problem_of(with("neglabel", "other")), HasSubstr("expected mcm, probability, cosine or neglabel"));
  EXPECT_THAT(problem_of(with("0.30000000000000004", "\"0.3\"")), HasSubstr("threshold is "));
  EXPECT_THAT(problem_of(with("0.30000000000000004", "1e999")), HasSubstr("rule.json"));
  EXPECT_THAT(problem_of(with("0.95", "1")), HasSubstr("expected a number between 0 and 1"));
  EXPECT_THAT(problem_of(with("1000", "-1000")), HasSubstr("pictures is "));
  EXPECT_THAT(problem_of(with("1000", "0")), HasSubstr("pictures is "));
  EXPECT_THAT(problem_of(with("1000", "18446744073709551615")), HasSubstr("pictures is "));
  EXPECT_THAT(problem_of(with("aaaa", "aaag")), HasSubstr("model_sha256 is "));
  EXPECT_THAT(problem_of(with("aaaa", "aaa")), HasSubstr("expected 64 hexadecimal digits"));
  EXPECT_THAT(problem_of(with("\"labels\": 10,", "")), HasSubstr("labels is missing"));
  EXPECT_THAT(problem_of(with("\"vocabulary_sha256\"", "\"other\"")), HasSubstr("vocabulary_sha256 is missing"));
  const std::string whole = spell_reject_rule(made_rule());
  for (size_t i = 0; i + 2 < whole.size(); ++i) EXPECT_THAT(problem_of(whole.substr(0, i)), HasSubstr("rule.json"));
}

}  // namespace
}  // namespace clipkit
