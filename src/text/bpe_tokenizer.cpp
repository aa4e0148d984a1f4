#include "text/bpe_tokenizer.h"

#include <array>

#include "base/check.h"
#include "base/utf8.h"
#include "text/clean.h"

namespace clipkit {

namespace {

// What a byte is in text of which all bytes are simple: no step of repair, unescape and cleaning changes such text, but
// for white space and case.
enum AsciiClass : uint8_t { kNotSimple, kSpace, kAsciiLetter, kAsciiDigit, kSymbol };

constexpr std::array<uint8_t, 256> kAsciiClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0x21; c < 0x7F; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
    classes[c] = letter ? kAsciiLetter : digit ? kAsciiDigit : kSymbol;
  }
  for (const char c : {'\t', '\n', '\f', '\r', ' '}) classes[static_cast<uint8_t>(c)] = kSpace;
  classes['&'] = kNotSimple;  // may begin an entity
  classes['<'] = kNotSimple;  // may begin a special token
  return classes;
}();

uint8_t ascii_class(char c) {
  return kAsciiClasses[static_cast<uint8_t>(c)];
}

// An ampersand between spaces ("salt & pepper") begins no entity.
bool is_lone_ampersand(std::string_view text, size_t i) {
  return text[i] == '&' && (i + 1 == text.size() || ascii_class(text[i + 1]) == kSpace);
}

size_t contraction_length(std::string_view text) {
  for (const std::string_view contraction : kContractions) {
    if (text.substr(0, contraction.size()) == contraction) return contraction.size();
  }
  return 0;
}

}  // namespace

BpeTokenizer::BpeTokenizer(std::shared_ptr<const Vocabulary> vocabulary, TextRules rules)
    : vocabulary_(std::move(vocabulary)), rules_(rules) {
  split_rules_.case_insensitive = rules != TextRules::kHuggingFace;
  if (rules != TextRules::kHuggingFace) {
    split_rules_.specials = {std::string(vocabulary_->special(0)), std::string(vocabulary_->special(1))};
  }
}

std::vector<int32_t> BpeTokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  return encode_simple_ascii(text, ids) ? ids : encode_plainly(text);
}

std::vector<int32_t> BpeTokenizer::encode_plainly(std::string_view text) const {
  // Positions in a text are 32 bits wide below.
  if (text.size() >= size_t{1} << 31) {
    fail(ErrorCode::kUnsupported, "a text has ", text.size(), " bytes, expected less than 2^31");
  }
  const std::u32string codes = utf8_to_utf32(text);
  std::vector<int32_t> ids;
  if (rules_ != TextRules::kHuggingFace) {
    encode_cleaned(clean_text(codes, rules_), ids);
    return ids;
  }
  // Special tokens come first here, and what is between them is cleaned by itself.
  const std::array<std::u32string, 2> specials = {utf8_to_utf32(vocabulary_->special(0)),
                                                  utf8_to_utf32(vocabulary_->special(1))};
  const std::u32string_view all = codes;
  size_t begin = 0;
  for (size_t i = all.find(U'<'); i != std::u32string_view::npos; i = all.find(U'<', i)) {
    const bool is_start = all.substr(i, specials[0].size()) == specials[0];
    if (!is_start && all.substr(i, specials[1].size()) != specials[1]) {
      ++i;
      continue;
    }
    encode_cleaned(clean_text(all.substr(begin, i - begin), rules_), ids);
    ids.push_back(vocabulary_->special_ids[is_start ? 0 : 1]);
    begin = i += specials[is_start ? 0 : 1].size();
  }
  encode_cleaned(clean_text(all.substr(begin), rules_), ids);
  return ids;
}

void BpeTokenizer::encode_cleaned(std::u32string_view text, std::vector<int32_t>& ids) const {
  std::string bytes;
  split_pieces(split_rules_, text, [&](std::u32string_view piece) {
    bytes.clear();
    for (const char32_t c : piece) append_utf8(bytes, c);
    // A piece that only case-folding made equal to a special token is ordinary text.
    for (size_t i = 0; i < 2; ++i) {
      if (!split_rules_.specials[i].empty() && bytes == split_rules_.specials[i]) {
        ids.push_back(vocabulary_->special_ids[i]);
        return;
      }
    }
    encode_piece(bytes, ids);
  });
}

// The shortcut for plain text, which is nearly all of it. False, with ids empty, if a character needs the long way.
bool BpeTokenizer::encode_simple_ascii(std::string_view text, std::vector<int32_t>& ids) const {
  for (size_t i = 0; i < text.size(); ++i) {
    if (ascii_class(text[i]) == kNotSimple && !is_lone_ampersand(text, i)) return false;
  }
  if (text.size() >= size_t{1} << 31) return false;
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const std::string_view clean = lower;
  // A lone ampersand is the only byte without a class that can be here: a symbol.
  const auto class_at = [&](size_t i) -> uint8_t {
    const uint8_t c = ascii_class(clean[i]);
    return c == kNotSimple ? uint8_t{kSymbol} : c;
  };
  ids.reserve(text.size() / 4 + 2);
  for (size_t i = 0; i < clean.size();) {
    const uint8_t kind = class_at(i);
    if (kind == kSpace) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (const size_t length = clean[i] == '\'' ? contraction_length(clean.substr(i)) : 0) {
      end = i + length;
    } else if (kind != kAsciiDigit) {
      while (end < clean.size() && class_at(end) == kind) ++end;
    }
    encode_piece(clean.substr(i, end - i), ids);
    i = end;
  }
  return true;
}

void BpeTokenizer::encode_piece(std::string_view bytes, std::vector<int32_t>& ids) const {
  const size_t begin = ids.size();
  for (const char c : bytes) ids.push_back(vocabulary_->byte_ids[static_cast<uint8_t>(c)]);
  ids.back() = vocabulary_->end_byte_ids[static_cast<uint8_t>(bytes.back())];
  ids.resize(begin + vocabulary_->merges.apply(std::span(ids).subspan(begin)));
}

std::string BpeTokenizer::decode(std::span<const int32_t> ids) const {
  std::string bytes;
  for (size_t k = 0; k < ids.size(); ++k) {
    CLIPKIT_CHECK(ids[k] >= 0 && ids[k] < vocab_size(), "id ", k, " is ", ids[k], ", expected 0 to ", vocab_size() - 1);
    const std::string_view token = vocabulary_->tokens[static_cast<size_t>(ids[k])];
    for (size_t i = 0; i < token.size();) {
      // Every token came through a check of its UTF-8 or from our own table.
      const Utf8Char c = decode_utf8_char(token, i);
      const int byte = ByteSymbols::get().byte(c.value);
      if (byte >= 0) {
        bytes += static_cast<char>(byte);
      } else {
        bytes += token.substr(i, static_cast<size_t>(c.length));
      }
      i += static_cast<size_t>(c.length);
    }
  }
  const std::string text = replace_invalid_utf8(bytes);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(text.find(kEndOfWord, i), text.size());
    out.append(text, i, end - i);
    if (end < text.size()) out += ' ';
    i = end + kEndOfWord.size();
  }
  return out;
}

std::vector<std::string> BpeTokenizer::vocabulary() const {
  std::vector<std::string> out;
  out.reserve(vocabulary_->tokens.size());
  for (size_t i = 0; i < vocabulary_->tokens.size(); ++i) out.emplace_back(vocabulary_->tokens[i]);
  return out;
}

std::vector<std::string> BpeTokenizer::merges() const {
  const TokenTable& tokens = vocabulary_->tokens;
  std::vector<std::string> out;
  out.reserve(vocabulary_->merges.merges().size());
  for (const MergeTable::Merge& merge : vocabulary_->merges.merges()) {
    out.push_back(concat(tokens[static_cast<size_t>(merge.left)], " ", tokens[static_cast<size_t>(merge.right)]));
  }
  return out;
}

}  // namespace clipkit
