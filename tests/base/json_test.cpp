#include "base/json.h"

#include <gtest/gtest.h>

#include "base/file_writer.h"
#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

// The message of the kCorrupt error that the text gives.
std::string refused(std::string_view text) {
  try {
    parse_json(text, "f.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(std::string_view(error.what()).find("f.json: "), 0u);
    EXPECT_LT(std::string_view(error.what()).size(), 300u);
    return error.what();
  }
  ADD_FAILURE() << text.substr(0, 100) << " was parsed";
  return {};
}

TEST(Json, ParsesEveryKindOfValue) {
  const Json json = parse_json(R"( {"a": [1, -2, 2.5, "\u00e9\ud83d\ude00", true, false, null], "b": {}} )", "f.json");
  EXPECT_EQ(json["a"][0], 1);
  EXPECT_EQ(json["a"][1], -2);
  EXPECT_EQ(json["a"][2], 2.5);
  EXPECT_EQ(json["a"][3], "\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_TRUE(json["a"][6].is_null());
  EXPECT_TRUE(json["b"].is_object());
  EXPECT_EQ(parse_json("7", "f.json"), 7);
}

TEST(Json, NamesTheByteThatIsWrong) {
  EXPECT_EQ(refused("{\"a\": tru}"), "f.json: not valid JSON at byte 10, after \"{\"a\": tru}\"");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{'a':1}",
                                      "{a:1}",
                                      "[1] 2",
                                      "01",
                                      "+1",
                                      ".5",
                                      "NaN",
                                      "Infinity",
                                      "\"\\x\"",
                                      "\"\n\"",
                                      "\"\xff\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\\ud800\"",
                                      "1e999",
                                      "// 1"}) {
    refused(text);
  }
}

TEST(Json, RefusesANameTwiceInOneObject) {
  EXPECT_EQ(refused(R"({"a": 1, "b": {"a": 1}, "a": 2})"), "f.json: the name \"a\" occurs twice in one object");
  EXPECT_NO_THROW(parse_json(R"([{"a": 1}, {"a": 2}])", "f.json"));
}

TEST(Json, RefusesAZeroByteAndWhatFollowsIt) {
  refused(std::string_view("{}\0[", 4));
}

TEST(Json, RefusesDeepNesting) {
  EXPECT_NO_THROW(parse_json(std::string(128, '[') + std::string(128, ']'), "f.json"));
  refused(std::string(129, '['));
  refused(std::string(1'000'000, '['));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  refused(objects);
}

TEST(Json, KeepsHostileTextOutOfMessages) {
  refused("[\"" + std::string(1'000'000, 'x'));
  refused("{\"" + std::string(1'000'000, 'x') + "\":1,\"" + std::string(1'000'000, 'x') + "\":1}");
}

TEST(Json, ReadsFilesUpToALimit) {
  testing::TemporaryFolder folder;
  write_file(folder / "f", "{\"a\": 1}");
  EXPECT_EQ(read_json(folder / "f")["a"], 1);
  EXPECT_THROW(read_json(folder / "f", 4), Error);
  EXPECT_THROW(read_json(folder / "nothing"), Error);
}

}  // namespace
}  // namespace clipkit
