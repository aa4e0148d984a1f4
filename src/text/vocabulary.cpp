#include "text/vocabulary.h"

#include "base/asset.h"
#include "base/utf8.h"

CLIPKIT_DECLARE_ASSET(clip_merges);

namespace clipkit {

ByteSymbols::ByteSymbols() {
  const auto is_printable = [](int b) { return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD); };
  bytes_.fill(-1);
  size_t printable = 0, other = 188;
  for (int b = 0; b < 256; ++b) {
    const bool plain = is_printable(b);
    const char32_t c = plain ? static_cast<char32_t>(b) : static_cast<char32_t>(0x100 + (other - 188));
    characters_[static_cast<size_t>(b)] = c;
    bytes_[c] = static_cast<int16_t>(b);
    order_[plain ? printable++ : other++] = static_cast<uint8_t>(b);
  }
}

const ByteSymbols& ByteSymbols::get() {
  static const ByteSymbols symbols;
  return symbols;
}

// Ids: 256 byte symbols, the same at the end of a word, the merges in rank order, start and end token.
std::shared_ptr<const Vocabulary> clip_vocabulary(const std::array<std::string_view, 2>& specials) {
  const std::string_view asset = CLIPKIT_ASSET(clip_merges);  // pairs of little-endian uint16
  const size_t num_merges = asset.size() / 4;
  const auto u16 = [&](size_t i) -> size_t {
    return size_t{static_cast<uint8_t>(asset[2 * i])} | size_t{static_cast<uint8_t>(asset[2 * i + 1])} << 8;
  };
  auto vocabulary = std::make_shared<Vocabulary>();
  TokenTable& tokens = vocabulary->tokens;
  const ByteSymbols& symbols = ByteSymbols::get();
  for (const std::string_view suffix : {std::string_view(), kEndOfWord}) {
    for (const uint8_t byte : symbols.vocabulary_order()) {
      (suffix.empty() ? vocabulary->byte_ids : vocabulary->end_byte_ids)[byte] = static_cast<int32_t>(tokens.size());
      std::string token;
      append_utf8(token, symbols.character(byte));
      tokens.add(token.append(suffix));
    }
  }
  std::vector<MergeTable::Merge> merges(num_merges);
  std::string token;
  for (size_t rank = 0; rank < num_merges; ++rank) {
    const size_t left = u16(2 * rank), right = u16(2 * rank + 1);
    merges[rank] = {static_cast<int32_t>(left), static_cast<int32_t>(right), static_cast<int32_t>(tokens.size())};
    token.assign(tokens[left]).append(tokens[right]);
    tokens.add(token);
  }
  vocabulary->merges = MergeTable(std::move(merges));
  for (size_t i = 0; i < 2; ++i) {
    vocabulary->special_ids[i] = static_cast<int32_t>(tokens.size());
    tokens.add(specials[i]);
  }
  return vocabulary;
}

}  // namespace clipkit
