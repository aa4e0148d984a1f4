#include "curate/caption_words.h"

namespace clipkit {

int64_t count_words(std::string_view caption) noexcept {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  int64_t words = 0;
  bool within = false;
  for (const char c : caption) {
    const bool space = kSpace.find(c) != std::string_view::npos;
    words += !space && !within;
    within = !space;
  }
  return words;
}

}  // namespace clipkit
