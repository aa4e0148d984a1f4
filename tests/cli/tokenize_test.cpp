#include "cli/program.h"

namespace clipkit::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TokenizeCommand : public CliTest {};

TEST_F(TokenizeCommand, PrintsOneArrayOfIdsALine) {
  spill(folder_ / "texts.jsonl", "{\"text\": \"a diagram\", \"id\": 7}\n\n{\"text\": \"\"}\n{\"text\": \"a \\u00e9\"}");
  const Result result = clipkit({"tokenize", "--input", in_folder("texts.jsonl"), "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "[320, 22697]\n[]\n[320, 4166]\n");
}

TEST_F(TokenizeCommand, GivesPaddedRows) {
  spill(folder_ / "texts.jsonl", "{\"text\": \"a diagram\"}\n{\"text\": \"a dog and a cat on a mat\"}\n");
  const Result result =
      clipkit({"tokenize", "--input", in_folder("texts.jsonl"), "--json", "--context-length", "5", "--truncate"});
  EXPECT_EQ(result.status, 0) << result.err;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(json::parse(lines[0]), ElementsAre(49406, 320, 22697, 49407, 0));
  EXPECT_THAT(json::parse(lines[1]), ElementsAre(49406, 320, 1929, 537, 49407));
  const Result windows = clipkit({"tokenize", "a b c d", "--json", "--context-length", "4", "--windows"});
  EXPECT_EQ(lines_of(windows.out).size(), 2u) << windows.out;
}

TEST_F(TokenizeCommand, NamesEveryBadLineAndAnswersTheOthers) {
  spill(folder_ / "texts.jsonl",
        "{\"text\": \"a\"}\n{\"txt\": 1}\n{\"text\": 5}\nnot json\n{\"text\": \"a b c\"}\n{\"text\": \"b\"}\n");
  const Result result = clipkit({"tokenize", "--input", in_folder("texts.jsonl"), "--json", "--context-length", "4"});
  EXPECT_EQ(result.status, 1);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 6u) << result.out;
  EXPECT_EQ(lines[0], "[49406, 320, 49407, 0]");
  for (const size_t bad : {1u, 2u, 3u, 4u}) EXPECT_EQ(lines[bad], "null");
  EXPECT_EQ(lines[5], "[49406, 321, 49407, 0]");
  EXPECT_THAT(result.err, HasSubstr("texts.jsonl: line 2: the object has no member \"text\""));
  EXPECT_THAT(result.err, HasSubstr("text 5: 5 tokens with start and end, expected at most 4"));
  EXPECT_THAT(result.err, HasSubstr("4 of 6 texts"));
}

TEST_F(TokenizeCommand, ReadsPlainLinesFromAFileOrAPipe) {
  const std::string plain =
      "\xEF\xBB\xBF"
      "a diagram\r\n\r\na";
  spill(folder_ / "texts.txt", plain);
  EXPECT_EQ(clipkit({"tokenize", "--input", in_folder("texts.txt"), "--json"}).out, "[320, 22697]\n[]\n[320]\n");
  EXPECT_EQ(clipkit({"tokenize", "--json"}, plain).out, "[320, 22697]\n[]\n[320]\n");
}

TEST_F(TokenizeCommand, ShowsPieces) {
  EXPECT_EQ(clipkit({"tokenize", "A  Diagram"}).out, "A  Diagram\n    320  a</w>\n  22697  diagram</w>\n");
}

TEST_F(TokenizeCommand, Decodes) {
  EXPECT_EQ(clipkit({"tokenize", "--decode", "320 22697"}).out, "a diagram \n");
  EXPECT_EQ(clipkit({"tokenize", "--decode"}, "[320, 22697]\n").out, "a diagram \n");
  for (const char* bad : {"320 x", "99999999", "-1", "5.5"}) {
    const Result result = clipkit({"tokenize", "--decode", "--", bad});
    EXPECT_EQ(result.status, 1) << bad;
    EXPECT_THAT(result.err, HasSubstr("line 1: ")) << bad;
  }
}

TEST_F(TokenizeCommand, ReportsTextThatIsNotUtf8AndFilesThatAreNotThere) {
  const Result result = clipkit({"tokenize", "a\xFF", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "null\n");
  const Result missing = clipkit({"tokenize", "--input", in_folder("absent.txt")});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("absent.txt: cannot read: No such file"));
  EXPECT_EQ(clipkit({"tokenize", "--tokenizer", in_folder("absent"), "a"}).status, 1);
  EXPECT_EQ(clipkit({"tokenize", "--input", folder_.string()}).status, 1);
}

// Every text of the recorded tokenizer file, through the fixed form of the command.
TEST_F(TokenizeCommand, MatchesTheRecordedIds) {
  fs::path golden = fs::path(CLIPKIT_SHARED_DIR) / "golden/tokenizer/tokenizer.jsonl";
  if (!fs::exists(golden)) golden = fs::path(CLIPKIT_TEST_DIR) / "golden/text/tokenizer.jsonl";
  const Result ids = clipkit({"tokenize", "--input", golden.string(), "--json"});
  const Result rows =
      clipkit({"tokenize", "--input", golden.string(), "--json", "--context-length", "77", "--truncate"});
  EXPECT_EQ(ids.status, 0) << ids.err;
  EXPECT_EQ(rows.status, 0) << rows.err;
  const auto wanted = lines_of(slurp(golden)), found_ids = lines_of(ids.out), found_rows = lines_of(rows.out);
  ASSERT_EQ(found_ids.size(), wanted.size());
  ASSERT_EQ(found_rows.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const json line = json::parse(wanted[i]);
    EXPECT_EQ(json::parse(found_ids[i]), line["ids"]) << line["text"];
    if (!line.contains("row77_truncate")) continue;
    EXPECT_EQ(json::parse(found_rows[i]), line["row77_truncate"]) << line["text"];
  }
}

}  // namespace
}  // namespace clipkit::testing
