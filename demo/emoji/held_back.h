#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emoji_list.h"

namespace clipkit::emoji {

// One emoji whose picture is never trained on.
struct HeldBackEmoji {
  std::u32string code_points;  // without U+FE0F
  std::string name;
};

// What else leaves the training set with a held-back emoji. Its skin tones always do.
enum class HeldBackReach {
  kSameEmoji,    // nothing: "man cook" is trained on although "woman cook" is held back
  kEveryGender,  // the same emoji of another gender or direction
};

// Which emoji are held back for the evaluation.
class HeldBack {
 public:
  HeldBack(std::vector<HeldBackEmoji> emoji, HeldBackReach reach);
  // From a list with one "code points in hexadecimal, joined by _<tab>name" a line; "#" begins a comment.
  // Errors: kCorrupt, kNotFound, kIo.
  static HeldBack read(const std::filesystem::path& path, HeldBackReach reach);

  // In the order of the list.
  const std::vector<HeldBackEmoji>& emoji() const noexcept { return emoji_; }
  // Whether this emoji may not be trained on: it is on the list, but for skin tones and what `reach` adds.
  bool excludes(const Emoji& emoji) const;

 private:
  std::u32string key(std::u32string_view code_points) const;

  std::vector<HeldBackEmoji> emoji_;
  HeldBackReach reach_;
  std::set<std::u32string> keys_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace clipkit::emoji
