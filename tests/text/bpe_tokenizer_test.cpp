// The shortcut for plain ASCII against the whole way, on random text of every kind.
#include "text/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "golden.h"
#include "text/charmaps.h"

namespace clipkit {
namespace {

class RandomText {
 public:
  std::string next() {
    std::string text;
    const int parts = 1 + below(8);
    for (int i = 0; i < parts; ++i) text += part();
    return below(6) == 0 ? misread(text) : text;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string part() {
    static const std::vector<std::string> kParts = {"a photo of ",
                                                    "Cat",
                                                    "don't",
                                                    "'S",
                                                    "'ll ",
                                                    "''",
                                                    " & ",
                                                    "&",
                                                    "&amp;",
                                                    "&amp",
                                                    "&#39;",
                                                    "<",
                                                    "<b>",
                                                    "<|endoftext|>",
                                                    "<|STARTOFTEXT|>",
                                                    "\r\n",
                                                    "\t",
                                                    "\x1b[31m",
                                                    "\x0b",
                                                    "\x1c",
                                                    "\x7f",
                                                    "2013",
                                                    " ",
                                                    "  ",
                                                    ".",
                                                    "-",
                                                    "\u2019",
                                                    "\u00e9",
                                                    "e\u0301",
                                                    "\u03a3",
                                                    "\u4e2d\u6587",
                                                    "\U0001F600",
                                                    "\u00a0",
                                                    "\u017f"};
    switch (below(4)) {
      case 0: {
        std::string word;
        for (int i = below(12); i >= 0; --i) word += static_cast<char>(0x20 + below(0x5F));
        return word;
      }
      case 1:
        return std::string(1, static_cast<char>(below(0x80)));
      case 2: {
        const Json& line = golden_lines()[static_cast<size_t>(below(static_cast<int>(golden_lines().size())))];
        return utf32_to_utf8(utf8_to_utf32(line["text"].get_ref<const std::string&>()).substr(0, 40));
      }
      default:
        return kParts[static_cast<size_t>(below(static_cast<int>(kParts.size())))];
    }
  }

  static std::string misread(const std::string& text) {
    std::string out;
    for (const char c : text) {
      const uint8_t byte = static_cast<uint8_t>(c);
      append_utf8(out, byte >= 0x80 && byte <= 0x9F ? Charmaps::get().windows_1252(byte) : byte);
    }
    return out;
  }

  std::mt19937 random_{20210305};
};

TEST(BpeTokenizer, ShortcutGivesTheSameAsTheWholeWay) {
  RandomText random;
  const std::array tokenizers = {BpeTokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi),
                                 BpeTokenizer(clip_vocabulary(kOpenClipSpecials), TextRules::kOpenClip),
                                 BpeTokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kHuggingFace)};
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random.next();
    for (const BpeTokenizer& tokenizer : tokenizers)
      ASSERT_EQ(tokenizer.encode(text), tokenizer.encode_plainly(text)) << text;
  }
}

TEST(BpeTokenizer, ShortcutGivesTheSameForEveryPairOfAsciiCharacters) {
  const BpeTokenizer tokenizer(clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi);
  for (char a = 0; a >= 0 && a < 0x7F; ++a) {
    for (char b = 0; b >= 0 && b < 0x7F; ++b) {
      const std::string text = {'x', a, b, 'S', '\'', 'S'};
      ASSERT_EQ(tokenizer.encode(text), tokenizer.encode_plainly(text)) << text;
    }
  }
}

}  // namespace
}  // namespace clipkit
