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

// What happens to a text before it is split into pieces. The three agree on plain captions; they differ in how they
// treat damaged text, HTML entities, special tokens and rare characters.
enum class TextRules : uint8_t {
  // openai/CLIP with ftfy installed: text repair, HTML unescape twice, white space, lower case. "<|startoftext|>" and
  // "<|endoftext|>" in the text become the special tokens, in any case.
  kOpenAi,
  // open_clip's SimpleTokenizer: the same, but U+001C to U+001F are white space too, and the special tokens in the text
  // are
  // "<start_of_text>" and "<end_of_text>".
  kOpenClip,
  // Hugging Face's fast CLIP tokenizer: no repair and no unescape; normal form C, white space, lower case without the
  // final
  // sigma. Special tokens are recognised exactly as written, before anything else.
  kHuggingFace,
};

// What tokenize() does with a text that is longer than the context.
enum class Overflow : uint8_t {
  kError,     // throw, as openai/CLIP
  kTruncate,  // keep the first tokens and the end token
  kWindows,   // several rows, each a window of the text between its own start and end token
};

struct TokenizeOptions {
  int context_length = 77;  // ids a row, with start and end token; kWindows needs at least 3
  Overflow overflow = Overflow::kError;
  // What fills a row behind the end token: 0 in openai/CLIP and open_clip. Hugging Face's files for OpenAI's
  // checkpoints name the end token. The features are the same: nothing behind the end token matters.
  int32_t pad_token = 0;
};

// CLIP's byte-pair tokenizer: text repair, HTML unescape, lower-casing, splitting, byte-level BPE (Sennrich et al.
// 2016). Immutable and thread-safe. The character tables are part of the library (Unicode 15.0 classes, Unicode 14.0
// casing and normalisation, as the reference sees them), so ids do not depend on the system.
class CLIPKIT_API Tokenizer {
 public:
  // The vocabulary of OpenAI's checkpoints (49,408 entries), which is part of the library. Loaded once per process.
  static std::shared_ptr<const Tokenizer> clip(TextRules rules = TextRules::kOpenAi);
  // Hugging Face's vocab.json and merges.txt. The rules stay OpenAI's unless asked otherwise: every CLIP checkpoint was
  // trained with repaired text, and only damaged or unusual text comes out differently.
  // Errors: kNotFound, kCorrupt (an id that is missing or twice, a merge whose parts or result are not in the
  // vocabulary, no start or end token).
  static std::shared_ptr<const Tokenizer> from_files(const std::filesystem::path& vocab_json,
                                                     const std::filesystem::path& merges_txt,
                                                     TextRules rules = TextRules::kOpenAi);
  // Hugging Face's tokenizer.json: model.vocab, model.merges and added_tokens; its normaliser and pre-tokeniser are not
  // read (see rules). Errors: as above, and kUnsupported for a model that is not CLIP's kind of BPE.
  static std::shared_ptr<const Tokenizer> from_tokenizer_json(const std::filesystem::path& tokenizer_json,
                                                              TextRules rules = TextRules::kOpenAi);
  // A model folder: vocab.json and merges.txt if both are there, else tokenizer.json. Errors: as above; kNotFound if
  // the folder has neither.
  static std::shared_ptr<const Tokenizer> from_folder(const std::filesystem::path& folder,
                                                      TextRules rules = TextRules::kOpenAi);
  virtual ~Tokenizer() = default;

  // Ids without start and end token; none for an empty text. Time is O(n log n) in the length of the text.
  // Errors: kCorrupt for text that is not UTF-8, naming the byte; kUnsupported from 2^31 bytes on.
  virtual std::vector<int32_t> encode(std::string_view text) const = 0;
  // Rows of context_length ids, padded with pad_token: (N, context_length) int32, or more rows than texts with kWindows
  // (row_text, if given, receives the index of the text of each row). Uses all compute threads.
  // Errors: kInvalidArgument for a text that does not fit (kError), naming its index and length; as encode(), with the
  // index.
  Tensor tokenize(std::span<const std::string> texts, const TokenizeOptions& options = {},
                  std::vector<int64_t>* row_text = nullptr) const;
  // encode() of several texts on all compute threads. Errors: as encode(), naming the index of the first such text.
  std::vector<std::vector<int32_t>> encode_batch(std::span<const std::string> texts) const;
  // The text of ids; "</w>" becomes a space, bytes that are not UTF-8 become U+FFFD.
  // Errors: kInvalidArgument for an id that is not in the vocabulary.
  virtual std::string decode(std::span<const int32_t> ids) const = 0;

  virtual int vocab_size() const noexcept = 0;
  virtual int32_t start_token() const noexcept = 0;
  virtual int32_t end_token() const noexcept = 0;
  // The vocabulary in id order and the merges in rank order, spelled as in vocab.json and merges.txt.
  virtual std::vector<std::string> vocabulary() const = 0;
  virtual std::vector<std::string> merges() const = 0;
};

}  // namespace clipkit
