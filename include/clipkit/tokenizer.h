#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/tensor.h"

namespace clipkit {

// What tokenize() does with a text that is longer than the context.
enum class Overflow : uint8_t {
  kError,     // throw, as openai/CLIP
  kTruncate,  // keep the first tokens and the end token
  kWindows,   // several rows, each a window of the text between its own start and end token
};

struct TokenizeOptions {
  int context_length = 77;
  Overflow overflow = Overflow::kError;
};

// CLIP's byte-pair tokenizer: text repair, HTML unescape, lower-casing, splitting, byte-level BPE. Immutable and thread-safe.
class CLIPKIT_API Tokenizer {
 public:
  // The vocabulary of OpenAI's checkpoints (49,408 entries), which is part of the library. Loaded once per process.
  static std::shared_ptr<const Tokenizer> clip();
  // Hugging Face's vocab.json and merges.txt. Errors: kNotFound, kCorrupt (an id that is missing or twice, a merge whose
  // parts or result are not in the vocabulary).
  static std::shared_ptr<const Tokenizer> from_files(const std::filesystem::path& vocab_json,
                                                     const std::filesystem::path& merges_txt);
  virtual ~Tokenizer() = default;

  // Ids without start and end token. Errors: kCorrupt for text that is not UTF-8, naming the byte.
  virtual std::vector<int32_t> encode(std::string_view text) const = 0;
  // Rows of context_length ids, padded with 0: (N, context_length) int32, or more rows than texts with kWindows
  // (row_text, if given, receives the index of the text of each row). Uses all compute threads.
  // Errors: kInvalidArgument for a text that does not fit (kError), naming its index and length.
  Tensor tokenize(std::span<const std::string> texts, const TokenizeOptions& options = {},
                  std::vector<int64_t>* row_text = nullptr) const;
  // encode() of several texts on all compute threads.
  std::vector<std::vector<int32_t>> encode_batch(std::span<const std::string> texts) const;
  // The text of ids; "</w>" becomes a space. Errors: kInvalidArgument for an id that is not in the vocabulary.
  virtual std::string decode(std::span<const int32_t> ids) const = 0;

  virtual int vocab_size() const noexcept = 0;
  virtual int32_t start_token() const noexcept = 0;
  virtual int32_t end_token() const noexcept = 0;
  // The vocabulary in id order and the merges in rank order, spelled as in vocab.json and merges.txt.
  virtual std::vector<std::string> vocabulary() const = 0;
  virtual std::vector<std::string> merges() const = 0;
};

}  // namespace clipkit
