#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/merge_table.h"

namespace clipkit {

// The names of the start and the end token.
inline constexpr std::array<std::string_view, 2> kOpenAiSpecials = {"<|startoftext|>", "<|endoftext|>"};
inline constexpr std::array<std::string_view, 2> kOpenClipSpecials = {"<start_of_text>", "<end_of_text>"};

// A token at the end of a piece ends in this.
inline constexpr std::string_view kEndOfWord = "</w>";

// GPT-2's spelling of bytes as printable characters: the 188 bytes 21-7E, A1-AC and AE-FF stand for the character of
// the same number, the other 68, in increasing order, for U+0100 to U+0143.
class ByteSymbols {
 public:
  static const ByteSymbols& get();
  char32_t character(uint8_t byte) const noexcept { return characters_[byte]; }
  // The byte that a character stands for, or -1.
  int byte(char32_t c) const noexcept { return c < bytes_.size() ? bytes_[c] : -1; }
  // The bytes in the order of CLIP's vocabulary: the 188 first.
  const std::array<uint8_t, 256>& vocabulary_order() const noexcept { return order_; }

 private:
  ByteSymbols();
  std::array<char32_t, 256> characters_{};
  std::array<int16_t, 0x144> bytes_{};
  std::array<uint8_t, 256> order_{};
};

// Strings by number, one behind the other in one block: 50,000 separate ones would be the larger part of the start-up
// time.
class TokenTable {
 public:
  void add(std::string_view token) {
    characters_ += token;
    ends_.push_back(static_cast<uint32_t>(characters_.size()));
  }
  size_t size() const noexcept { return ends_.size(); }
  std::string_view operator[](size_t i) const noexcept {
    const size_t begin = i > 0 ? ends_[i - 1] : 0;
    return std::string_view(characters_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string characters_;
  std::vector<uint32_t> ends_;
};

// A byte-level BPE vocabulary. Immutable once made.
struct Vocabulary {
  TokenTable tokens;  // by id, spelled as in vocab.json
  MergeTable merges;
  std::array<int32_t, 256> byte_ids{};      // a byte within a piece
  std::array<int32_t, 256> end_byte_ids{};  // a byte that ends one
  std::array<int32_t, 2> special_ids{};     // start, end

  std::string_view special(size_t i) const { return tokens[static_cast<size_t>(special_ids[i])]; }
};

// CLIP's vocabulary from the embedded merges.
std::shared_ptr<const Vocabulary> clip_vocabulary(const std::array<std::string_view, 2>& specials);

// The text of a file; place, its name, begins every message.
struct PlacedText {
  std::string_view text;
  std::string place;
};

// Hugging Face's files. Errors: see Tokenizer.
std::shared_ptr<const Vocabulary> parse_vocabulary(const PlacedText& vocab_json, const PlacedText& merges_txt);
std::shared_ptr<const Vocabulary> read_vocabulary(const std::filesystem::path& vocab_json,
                                                  const std::filesystem::path& merges_txt);
std::shared_ptr<const Vocabulary> read_tokenizer_json(const std::filesystem::path& path);

}  // namespace clipkit
