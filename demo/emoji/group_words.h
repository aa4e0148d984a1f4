#pragma once

#include <span>
#include <string_view>

namespace clipkit::emoji {

// What one calls the members of a subgroup of emoji-test.txt: "animal-bird" -> {"bird", "animal"}.
std::span<const std::string_view> group_words(std::string_view subgroup);

}  // namespace clipkit::emoji
