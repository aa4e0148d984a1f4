#include "text/vocabulary.h"

#include <gtest/gtest.h>

#include <set>

#include "base/sha256.h"
#include "base/utf8.h"
#include "text/bpe_tokenizer.h"

namespace clipkit {
namespace {

TEST(ByteSymbols, SpellEveryByteAsADifferentPrintableCharacter) {
  const ByteSymbols& symbols = ByteSymbols::get();
  EXPECT_EQ(symbols.character('!'), U'!');
  EXPECT_EQ(symbols.character(' '), U'\u0120');
  EXPECT_EQ(symbols.character(0), U'\u0100');
  EXPECT_EQ(symbols.character(0xAD), U'\u0143');
  for (int b = 0; b < 256; ++b) EXPECT_EQ(symbols.byte(symbols.character(static_cast<uint8_t>(b))), b);
  EXPECT_EQ(symbols.byte(U' '), -1);
  EXPECT_EQ(symbols.byte(U'\u0144'), -1);
  EXPECT_EQ(symbols.byte(0x10FFFF), -1);
}

TEST(ClipVocabulary, HasClipsEntries) {
  const auto vocabulary = clip_vocabulary(kOpenAiSpecials);
  const TokenTable& tokens = vocabulary->tokens;
  ASSERT_EQ(tokens.size(), 49408u);
  EXPECT_EQ(tokens[0], "!");
  EXPECT_EQ(tokens[188], "Ā");
  EXPECT_EQ(tokens[256], "!</w>");
  EXPECT_EQ(tokens[512], "in");
  EXPECT_EQ(tokens[320], "a</w>");
  EXPECT_EQ(tokens[49405], "jekyll</w>");
  EXPECT_EQ(tokens[49406], "<|startoftext|>");
  EXPECT_EQ(tokens[49407], "<|endoftext|>");
  std::set<std::string_view> different;
  for (size_t i = 0; i < tokens.size(); ++i) different.insert(tokens[i]);
  EXPECT_EQ(different.size(), tokens.size());
}

// Lines 2 to 48,895 of the file bpe_simple_vocab_16e6.txt of openai/CLIP, each with its line feed, have this SHA-256.
TEST(ClipVocabulary, MergesAreThoseThatOpenAiPublishes) {
  const BpeTokenizer tokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi);
  std::string lines;
  for (const std::string& merge : tokenizer.merges()) lines += merge + "\n";
  EXPECT_EQ(sha256_hex(lines.data(), lines.size()), "d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02");
}

TEST(ClipVocabulary, TokensAreTheConcatenationOfTheirParts) {
  const auto vocabulary = clip_vocabulary(kOpenAiSpecials);
  for (const MergeTable::Merge& merge : vocabulary->merges.merges()) {
    const auto token = [&](int32_t id) { return std::string(vocabulary->tokens[static_cast<size_t>(id)]); };
    ASSERT_EQ(token(merge.result), token(merge.left) + token(merge.right));
  }
}

}  // namespace
}  // namespace clipkit
