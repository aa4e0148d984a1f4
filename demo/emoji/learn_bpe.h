#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clipkit::emoji {

// Learns a byte-pair vocabulary (Sennrich et al. 2016) in CLIP's form: 256 byte symbols, the same with "</w>", one
// token for each merge, start and end token last. Texts are cleaned and split into pieces as the tokenizer does it, so
// that every merge can be used.
class BpeLearner {
 public:
  // Counts the pieces of a text. Errors: kCorrupt for text that is not UTF-8.
  void add(std::string_view text, int64_t times = 1);

  struct Result {
    std::vector<std::string> tokens;                          // in id order
    std::vector<std::pair<std::string, std::string>> merges;  // in rank order
  };
  // Joins the most frequent pair of neighbours, again and again, until there are vocab_size tokens or no pair occurs
  // min_count times. Of pairs that are equally frequent the alphabetically first is taken: the result depends on the
  // counts alone. Errors: kInvalidArgument for a vocab_size below 514.
  Result learn(int vocab_size, int64_t min_count) const;

 private:
  std::map<std::string, int64_t, std::less<>> pieces_;  // as UTF-8
};

// Writes vocab.json and merges.txt into a folder that exists; Tokenizer::from_folder() reads them. Errors: kIo.
void write_vocabulary(const BpeLearner::Result& result, const std::filesystem::path& folder);

}  // namespace clipkit::emoji
