#include "learn_bpe.h"

#include <set>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/clean.h"
#include "text/split.h"
#include "text/vocabulary.h"

namespace clipkit::emoji {

namespace {

using Pair = std::pair<std::string, std::string>;

struct Word {
  std::vector<std::string> symbols;
  int64_t count;
};

// The bytes of a piece as symbols, the last with the mark of a word's end.
std::vector<std::string> byte_symbols(std::string_view piece) {
  std::vector<std::string> symbols;
  for (const char c : piece) append_utf8(symbols.emplace_back(), ByteSymbols::get().character(static_cast<uint8_t>(c)));
  if (!symbols.empty()) symbols.back() += kEndOfWord;
  return symbols;
}

// How often each pair of neighbours occurs, kept up to date from merge to merge.
class PairCounts {
 public:
  explicit PairCounts(std::vector<Word>& words) : words_(words) {
    for (size_t i = 0; i < words.size(); ++i) count(i, words[i].count);
  }

  // The most frequent pair, with its count; the first of the alphabet among equals. None whose result is known: were
  // "ab" + "c" and "a" + "bc" both merges, a merge after one of them could be due again after the other.
  std::pair<Pair, int64_t> most_frequent(const std::set<std::string>& known) const {
    std::pair<Pair, int64_t> best{{}, 0};
    for (const auto& [pair, entry] : pairs_) {
      if (entry.count > best.second && !known.contains(pair.first + pair.second)) best = {pair, entry.count};
    }
    return best;
  }

  void merge(const Pair& pair) {
    const std::set<size_t> touched = pairs_[pair].words;
    const std::string joined = pair.first + pair.second;
    for (const size_t i : touched) {
      count(i, -words_[i].count);
      std::vector<std::string> symbols;
      for (size_t at = 0; at < words_[i].symbols.size(); ++at) {
        const auto& s = words_[i].symbols;
        const bool here = at + 1 < s.size() && s[at] == pair.first && s[at + 1] == pair.second;
        symbols.push_back(here ? joined : s[at]);
        if (here) ++at;
      }
      words_[i].symbols = std::move(symbols);
      count(i, words_[i].count);
    }
  }

 private:
  struct Entry {
    int64_t count = 0;
    std::set<size_t> words{};  // where it occurs
  };

  void count(size_t word, int64_t times) {
    const auto& symbols = words_[word].symbols;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto [at, inserted] = pairs_.try_emplace({symbols[i], symbols[i + 1]});
      Entry& entry = at->second;
      entry.count += times;
      if (times > 0) {
        entry.words.insert(word);
      } else if (entry.count == 0) {
        pairs_.erase(at);
      } else {
        entry.words.erase(word);
      }
    }
  }

  std::vector<Word>& words_;
  std::map<Pair, Entry> pairs_;
};

}  // namespace

void BpeLearner::add(std::string_view text, int64_t times) {
  const std::u32string clean = clean_text(utf8_to_utf32(text), TextRules::kOpenAi);
  split_pieces(SplitRules{}, clean, [&](std::u32string_view piece) { pieces_[utf32_to_utf8(piece)] += times; });
}

BpeLearner::Result BpeLearner::learn(int vocab_size, int64_t min_count) const {
  constexpr int kWithoutMerges = 2 * 256 + 2;
  CLIPKIT_CHECK(vocab_size >= kWithoutMerges, "a vocabulary of ", vocab_size, " tokens, expected at least ",
                kWithoutMerges, ": two for each byte, start and end");
  Result result;
  for (const std::string_view end : {std::string_view(), kEndOfWord}) {
    for (const uint8_t byte : ByteSymbols::get().vocabulary_order()) {
      append_utf8(result.tokens.emplace_back(), ByteSymbols::get().character(byte));
      result.tokens.back() += end;
    }
  }
  std::set<std::string> known(result.tokens.begin(), result.tokens.end());

  std::vector<Word> words;
  for (const auto& [piece, count] : pieces_) words.push_back({byte_symbols(piece), count});
  PairCounts counts(words);
  while (static_cast<int>(result.tokens.size()) + 2 < vocab_size) {
    const auto [pair, count] = counts.most_frequent(known);
    if (count == 0 || count < min_count) break;
    counts.merge(pair);
    result.merges.push_back(pair);
    result.tokens.push_back(pair.first + pair.second);
    known.insert(result.tokens.back());
  }
  for (const std::string_view special : kOpenAiSpecials) result.tokens.emplace_back(special);
  return result;
}

void write_vocabulary(const BpeLearner::Result& result, const std::filesystem::path& folder) {
  OrderedJson vocab = OrderedJson::object();
  for (size_t id = 0; id < result.tokens.size(); ++id) vocab[result.tokens[id]] = id;
  write_file(folder / "vocab.json", vocab.dump() + "\n");
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : result.merges) merges += concat(left, " ", right, "\n");
  write_file(folder / "merges.txt", merges);
}

}  // namespace clipkit::emoji
