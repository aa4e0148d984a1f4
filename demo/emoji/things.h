#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "annotations.h"
#include "drawings.h"
#include "emoji_font.h"
#include "emoji_list.h"
#include "held_back.h"
#include "sprite.h"

namespace clipkit::emoji {

// Something that can be drawn and spoken of: an emoji or one of our own drawings.
struct Thing {
  std::string name{};                   // "woman red hair"
  std::string spoken{};                 // "woman with red hair"
  std::string animal{};                 // "rabbit" where the name is "rabbit face", else empty
  std::string tone{};                   // "dark skin tone", or empty
  std::vector<std::string> keywords{};  // "ginger", "woman", ...
  std::vector<std::string> groups{};    // "person", "human"
  std::string color{};                  // "red" or "red and white" where that says something; never of people
  std::string main_color{};             // the largest share, a named colour
  double weight = 1;                    // how often it is drawn, relative to others
  bool is_upright = true;               // not to be mirrored or turned over
  bool is_countable = false;            // has a short name: "two rabbits", "a rabbit and a pizza"
  std::u32string code_points{};         // of an emoji
  std::optional<Sprite> sprite{};       // either this
  const Drawing* drawing = nullptr;     // or this
};

// What there is to draw. Looks things up by name; immutable once made.
class Things {
 public:
  // Emoji that the font cannot draw are left out. drawings must outlive this.
  Things(const std::vector<Emoji>& list, const Annotations& annotations, const HeldBack& held_back,
         const EmojiFont& font, const std::vector<Drawing>& drawings);

  const std::vector<Thing>& emoji() const noexcept { return emoji_; }          // trained on
  const std::vector<Thing>& held_back() const noexcept { return held_back_; }  // in the order of the list
  const std::vector<Thing>& drawings() const noexcept { return drawings_; }
  // The trained emoji and drawings of this name; empty if there are none.
  std::vector<const Thing*> named(std::string_view name) const;
  // Whether one of our drawings shows what the name says: held-back emoji are easier then.
  bool is_drawn(std::string_view name) const;
  // The names of all emoji but for skin tones, trained on or not: the classes of the zero-shot test.
  const std::vector<std::string>& all_names() const noexcept { return all_names_; }

 private:
  std::vector<Thing> emoji_, held_back_, drawings_;
  std::vector<std::string> all_names_;
};

}  // namespace clipkit::emoji
