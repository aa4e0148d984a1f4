#include <algorithm>
#include <unordered_set>

#include "base/asset.h"
#include "clipkit/prompts.h"
#include "text/near_names.h"

CLIPKIT_DECLARE_ASSET(emoji_names);

namespace clipkit {

namespace {

// Sets whose class names say by themselves what a picture shows: things, food, animals, plants, places, activities. Not
// those whose names need a sentence around them ("7", "A318", "positive"), and not Caltech101, which has "background".
constexpr const char* kSets[] = {"ImageNet", "CIFAR10",    "CIFAR100",   "STL10",    "PascalVOC2007",
                                 "Food101",  "Flowers102", "OxfordPets", "Birdsnap", "SUN397",
                                 "RESISC45", "UCF101",     "Kinetics700"};

}  // namespace

std::vector<std::string> label_vocabulary() {
  std::vector<std::string> words;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string_view word) {
    if (seen.insert(plain_name(word)).second) words.emplace_back(word);
  };
  for (const char* set : kSets) {
    for (const auto& names : class_synonyms(set)) {
      for (const std::string& name : names) add(name);
    }
  }
  const std::string_view lines = CLIPKIT_ASSET(emoji_names);
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    add(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace clipkit
