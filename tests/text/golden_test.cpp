// Every recorded line of openai/CLIP's tokenizer, step by step: repair, cleaning, pieces, ids, text of the ids, rows.
#include "golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "clipkit/error.h"
#include "clipkit/tokenizer.h"
#include "text/bpe_tokenizer.h"
#include "text/clean.h"
#include "text/repair.h"
#include "text/split.h"

namespace clipkit {
namespace {

using Ids = std::vector<int32_t>;

std::string text_of(const Json& line) {
  return line["text"].get<std::string>();
}
Ids row_of(const Tokenizer& tokenizer, const std::string& text, int context_length) {
  const Tensor rows = tokenizer.tokenize(std::vector{text}, {context_length, Overflow::kTruncate});
  return {rows.span<int32_t>().begin(), rows.span<int32_t>().end()};
}

TEST(TokenizerGolden, HasLinesOfEveryKind) {
  EXPECT_GE(golden_lines().size(), 300u);
}

TEST(TokenizerGolden, RepairsTextAsRecorded) {
  for (const Json& line : golden_lines()) {
    if (!line.contains("fixed")) continue;
    EXPECT_EQ(utf32_to_utf8(repair_text(utf8_to_utf32(text_of(line)))), line["fixed"].get<std::string>())
        << describe(line);
  }
}

TEST(TokenizerGolden, CleansTextAsRecorded) {
  for (const Json& line : golden_lines()) {
    if (!line.contains("clean")) continue;
    EXPECT_EQ(utf32_to_utf8(clean_text(utf8_to_utf32(text_of(line)), TextRules::kOpenAi)),
              line["clean"].get<std::string>())
        << describe(line);
  }
}

TEST(TokenizerGolden, SplitsIntoTheRecordedPieces) {
  const SplitRules rules = {{std::string(kOpenAiSpecials[0]), std::string(kOpenAiSpecials[1])}, true};
  for (const Json& line : golden_lines()) {
    if (!line.contains("pieces")) continue;
    std::vector<std::string> pieces;
    split_pieces(rules, utf8_to_utf32(line["clean"].get<std::string>()),
                 [&](std::u32string_view piece) { pieces.push_back(utf32_to_utf8(piece)); });
    EXPECT_EQ(pieces, line["pieces"].get<std::vector<std::string>>()) << describe(line);
  }
}

TEST(TokenizerGolden, MatchesRecordedIds) {
  for (const Json& line : golden_lines()) {
    EXPECT_EQ(Tokenizer::clip()->encode(text_of(line)), line["ids"].get<Ids>()) << describe(line);
  }
}

TEST(TokenizerGolden, MatchesRecordedIdsWithoutTheAsciiShortcut) {
  const BpeTokenizer tokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi);
  for (const Json& line : golden_lines()) {
    EXPECT_EQ(tokenizer.encode_plainly(text_of(line)), line["ids"].get<Ids>()) << describe(line);
  }
}

TEST(TokenizerGolden, DecodesToTheRecordedText) {
  for (const Json& line : golden_lines()) {
    if (!line.contains("decoded")) continue;
    EXPECT_EQ(Tokenizer::clip()->decode(line["ids"].get<Ids>()), line["decoded"].get<std::string>()) << describe(line);
  }
}

TEST(TokenizerGolden, MatchesRecordedRows) {
  for (const Json& line : golden_lines()) {
    if (line.contains("row77_truncate")) {
      EXPECT_EQ(row_of(*Tokenizer::clip(), text_of(line), 77), line["row77_truncate"].get<Ids>()) << describe(line);
    }
    if (line.contains("row16_truncate")) {
      EXPECT_EQ(row_of(*Tokenizer::clip(), text_of(line), 16), line["row16_truncate"].get<Ids>()) << describe(line);
    }
  }
}

TEST(TokenizerGolden, RefusesExactlyTheTextsRecordedAsTooLong) {
  for (const Json& line : golden_lines()) {
    bool refused = false;
    try {
      Tokenizer::clip()->tokenize(std::vector{text_of(line)});
    } catch (const Error&) {
      refused = true;
    }
    EXPECT_EQ(refused, line["too_long_for_77"].get<bool>()) << describe(line);
  }
}

TEST(TokenizerGolden, FollowsOpenClipWhereItDiffers) {
  const auto tokenizer = Tokenizer::clip(TextRules::kOpenClip);
  for (const Json& line : golden_lines()) {
    const Json& ids = line.contains("open_clip_ids") ? line["open_clip_ids"] : line["ids"];
    EXPECT_EQ(tokenizer->encode(text_of(line)), ids.get<Ids>()) << describe(line);
    if (line.contains("open_clip_row77")) {
      EXPECT_EQ(row_of(*tokenizer, text_of(line), 77), line["open_clip_row77"].get<Ids>()) << describe(line);
    }
  }
}

}  // namespace
}  // namespace clipkit
