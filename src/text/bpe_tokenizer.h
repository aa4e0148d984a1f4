#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/tokenizer.h"
#include "text/split.h"
#include "text/vocabulary.h"

namespace clipkit {

// The tokenizer behind Tokenizer::clip() and the readers of files.
class BpeTokenizer final : public Tokenizer {
 public:
  BpeTokenizer(std::shared_ptr<const Vocabulary> vocabulary, TextRules rules);

  std::vector<int32_t> encode(std::string_view text) const override;
  // encode() without its shortcut for plain ASCII: the definition that the shortcut is tested against.
  std::vector<int32_t> encode_plainly(std::string_view text) const;
  std::string decode(std::span<const int32_t> ids) const override;

  int vocab_size() const noexcept override { return static_cast<int>(vocabulary_->tokens.size()); }
  int32_t start_token() const noexcept override { return vocabulary_->special_ids[0]; }
  int32_t end_token() const noexcept override { return vocabulary_->special_ids[1]; }
  std::vector<std::string> vocabulary() const override;
  std::vector<std::string> merges() const override;

 private:
  bool encode_simple_ascii(std::string_view text, std::vector<int32_t>& ids) const;
  void encode_cleaned(std::u32string_view text, std::vector<int32_t>& ids) const;
  void encode_piece(std::string_view bytes, std::vector<int32_t>& ids) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  TextRules rules_;
  SplitRules split_rules_;
};

}  // namespace clipkit
