#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit::emoji {

// One emoji as Unicode's emoji-test.txt lists it.
struct Emoji {
  std::u32string code_points;  // fully qualified, with U+FE0F where the list has it
  std::string name;            // "woman cook: dark skin tone"
  std::string group;           // "People & Body"
  std::string subgroup;        // "person-role"
};

// The fully qualified emoji of the list, in its order. place begins every message. Errors: kCorrupt (a line that is
// neither empty, nor a comment, nor "code points ; status # emoji version name").
std::vector<Emoji> parse_emoji_list(std::string_view text, std::string_view place);
std::vector<Emoji> read_emoji_list(const std::filesystem::path& path);

// Code points that say nothing about which emoji it is: U+FE0F, and the five skin tones.
bool is_presentation_selector(char32_t c) noexcept;
bool is_skin_tone(char32_t c) noexcept;

// Without presentation selectors: how CLDR names emoji.
std::u32string without_selectors(std::u32string_view code_points);
// Without presentation selectors and skin tones: what all tones of an emoji share.
std::u32string toneless(std::u32string_view code_points);
// And with person in place of man and woman, without gender signs and directions: "woman cook", "man cook" and "cook"
// share this.
std::u32string genderless(std::u32string_view code_points);

// "1f9d1_200d_1f373", and back. Errors: kCorrupt.
std::string to_hex(std::u32string_view code_points);
std::u32string from_hex(std::string_view hex, char separator, std::string_view place);

}  // namespace clipkit::emoji
