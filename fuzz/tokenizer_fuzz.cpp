// layer: text
// Any bytes as text: encode() gives the same ids with and without its shortcut, decodes them, and refuses only what is
// not UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "clipkit/error.h"
#include "text/bpe_tokenizer.h"

using namespace clipkit;

namespace {

void require(bool condition) {
  if (!condition) std::abort();  // what libFuzzer calls a finding
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const BpeTokenizer tokenizers[] = {{clip_vocabulary(kOpenAiSpecials), TextRules::kOpenAi},
                                            {clip_vocabulary(kOpenClipSpecials), TextRules::kOpenClip},
                                            {clip_vocabulary(kOpenAiSpecials), TextRules::kHuggingFace}};
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const BpeTokenizer& tokenizer : tokenizers) {
    try {
      const auto ids = tokenizer.encode(text);
      require(ids == tokenizer.encode_plainly(text));
      require(find_invalid_utf8(text) == std::string::npos);
      require(find_invalid_utf8(tokenizer.decode(ids)) == std::string::npos);
      tokenizer.tokenize({&text, 1}, {.context_length = 8, .overflow = Overflow::kWindows});
    } catch (const Error& error) {
      require(error.code() == ErrorCode::kCorrupt && find_invalid_utf8(text) != std::string::npos);
    }
  }
  return 0;
}
