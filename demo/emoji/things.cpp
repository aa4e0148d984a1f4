#include "things.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "base/utf8.h"
#include "group_words.h"
#include "phrases.h"

namespace clipkit::emoji {

namespace {

constexpr double kToneShare = 0.5;  // of an emoji's weight, on top of its own, over all its tones together

// "woman cook: dark skin tone" -> {"woman cook", "dark skin tone"}; "person: light skin tone, beard" -> {"person:
// beard", "light skin tone"}.
struct NameAndTone {
  std::string name, tone;
};
NameAndTone split_tone(std::string_view name) {
  const size_t colon = name.find(": ");
  if (colon == std::string_view::npos) return {std::string(name), {}};
  std::string rest, tone;
  for (std::string_view details = name.substr(colon + 2); !details.empty();) {
    const size_t end = std::min(details.find(", "), details.size());
    const std::string_view detail = details.substr(0, end);
    details.remove_prefix(std::min(end + 2, details.size()));
    if (detail.find("skin tone") != std::string_view::npos) {
      if (tone.empty()) tone = detail;
    } else {
      rest += rest.empty() ? "" : ", ";
      rest += detail;
    }
  }
  const std::string base(name.substr(0, colon));
  return {rest.empty() ? base : base + ": " + rest, tone};
}

// Two people of different tones, and the like: too many to be worth their room.
bool has_mixed_tones(std::u32string_view code_points) {
  char32_t first = 0;
  for (const char32_t c : code_points) {
    if (!is_skin_tone(c)) continue;
    if (first != 0 && c != first) return true;
    first = c;
  }
  return false;
}

std::string without_colon(std::string name) {
  if (const size_t colon = name.find(": "); colon != std::string::npos) name.erase(colon, 1);
  return name;
}

// "rabbit face" shows a rabbit: people ask for that. "grinning face" shows no grinning.
std::string animal_in(const Thing& thing) {
  constexpr std::string_view kFace = " face";
  if (!std::string_view(thing.name).ends_with(kFace)) return {};
  std::string animal = thing.name.substr(0, thing.name.size() - kFace.size());
  const auto& words = thing.keywords;
  return std::find(words.begin(), words.end(), animal) != words.end() ? animal : std::string();
}

size_t num_words(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

// Colours are worth a word where they are the thing's own: all people and faces are yellow.
void set_color(Thing& thing, std::string_view group, std::string_view subgroup) {
  const auto shares = thing.sprite->colors();
  if (shares.empty()) return;
  thing.main_color = shares[0].name;
  if (group == "People & Body" || group == "Smileys & Emotion" || group == "Flags" || subgroup == "time") return;
  if (shares[0].share > 0.62) {
    thing.color = shares[0].name;
  } else if (shares.size() > 1 && shares[0].share + shares[1].share > 0.72) {
    thing.color = concat(shares[0].name, " and ", shares[1].name);
  }
}

double weight_of(const Emoji& emoji) {
  if (emoji.subgroup == "country-flag") return 0.4;  // 258 of them: a seventh of all emoji
  if (emoji.subgroup == "time") return 0.7;
  if (emoji.subgroup == "family") return 0.5;
  if (emoji.group == "People & Body") return 0.8;
  if (emoji.group == "Animals & Nature" || emoji.group == "Food & Drink") return 1.4;
  return 1;
}

Thing make_thing(const Emoji& emoji, const Annotations& annotations, Image picture) {
  auto [name, tone] = split_tone(emoji.name);
  Thing thing{.name = without_colon(name), .spoken = spoken(name), .tone = tone};
  const auto found = annotations.find(utf32_to_utf8(toneless(emoji.code_points)));
  if (found != annotations.end()) {
    for (const std::string& keyword : found->second.keywords) {
      if (keyword != thing.name && keyword.find(": ") == std::string::npos) thing.keywords.push_back(keyword);
    }
  }
  for (const std::string_view word : group_words(emoji.subgroup)) thing.groups.emplace_back(word);
  if (emoji.group == "Animals & Nature") thing.animal = animal_in(thing);
  thing.sprite.emplace(picture);
  thing.is_upright = emoji.group != "Animals & Nature" && emoji.group != "Food & Drink" &&
                     emoji.subgroup != "transport-ground" && emoji.subgroup != "clothing";
  thing.is_countable = num_words(thing.name) <= 3 && emoji.group != "Flags" && !plural(thing.spoken).empty();
  thing.code_points = emoji.code_points;
  thing.weight = weight_of(emoji);
  set_color(thing, emoji.group, emoji.subgroup);
  return thing;
}

Thing make_thing(const Drawing& drawing) {
  Thing thing{.name = drawing.name, .spoken = drawing.name};
  thing.keywords = drawing.keywords;
  const auto& words = drawing.keywords;
  if (std::find(words.begin(), words.end(), "animal") != words.end()) thing.animal = animal_in(thing);
  thing.is_upright = drawing.is_upright;
  thing.is_countable = !plural(drawing.name).empty();
  thing.drawing = &drawing;
  return thing;
}

}  // namespace

Things::Things(const std::vector<Emoji>& list, const Annotations& annotations, const HeldBack& held_back,
               const EmojiFont& font, const std::vector<Drawing>& drawings) {
  std::map<std::u32string, size_t> list_order;
  for (size_t i = 0; i < held_back.emoji().size(); ++i) list_order[held_back.emoji()[i].code_points] = i;
  std::map<std::string, double> num_tones;
  std::set<std::string> names;
  std::vector<std::pair<size_t, Thing>> held;
  for (const Emoji& emoji : list) {
    const bool has_tone = toneless(emoji.code_points) != without_selectors(emoji.code_points);
    if (!has_tone) {
      std::string name = without_colon(emoji.name);
      if (names.insert(name).second) all_names_.push_back(std::move(name));
    }
    const bool excluded = held_back.excludes(emoji);
    const auto listed = list_order.find(without_selectors(emoji.code_points));
    if (has_mixed_tones(emoji.code_points) || (excluded && listed == list_order.end())) continue;
    std::optional<Image> picture = font.draw(emoji.code_points);
    if (!picture) continue;
    Thing thing = make_thing(emoji, annotations, std::move(*picture));
    if (excluded) {
      held.emplace_back(listed->second, std::move(thing));
      continue;
    }
    if (!thing.tone.empty()) ++num_tones[thing.name];
    emoji_.push_back(std::move(thing));
  }
  for (const HeldBackEmoji& emoji : held_back.emoji()) {
    if (names.insert(emoji.name).second) all_names_.push_back(emoji.name);
  }
  for (Thing& thing : emoji_) {
    if (!thing.tone.empty()) thing.weight *= kToneShare / num_tones[thing.name];
  }
  std::sort(held.begin(), held.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [order, thing] : held) held_back_.push_back(std::move(thing));
  for (const Drawing& drawing : drawings) drawings_.push_back(make_thing(drawing));
}

std::vector<const Thing*> Things::named(std::string_view name) const {
  std::vector<const Thing*> found;
  for (const Thing& thing : emoji_) {
    if (thing.name == name && thing.tone.empty()) found.push_back(&thing);
  }
  for (const Thing& thing : drawings_) {
    if (thing.name == name) found.push_back(&thing);
  }
  return found;
}

bool Things::is_drawn(std::string_view name) const {
  return std::any_of(drawings_.begin(), drawings_.end(), [&](const Thing& thing) {
    const auto& words = thing.keywords;
    return thing.name == name || std::find(words.begin(), words.end(), name) != words.end();
  });
}

}  // namespace clipkit::emoji
