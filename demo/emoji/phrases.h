#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace clipkit::emoji {

// "rabbit" -> "a rabbit", "owl" -> "an owl"; "grapes", "red hair" and the like stay as they are.
std::string with_article(std::string_view noun);

// "rabbit" -> "rabbits", "glass of milk" -> "glasses of milk", "woman" -> "women"; empty where that makes no sense.
std::string plural(std::string_view noun);

// "two rabbits" or "2 rabbits" for 1 to 9; empty if there is no plural.
std::string counted(int count, std::string_view noun, Random& random);

// "a cat, a pizza and a star"
std::string listed(std::span<const std::string> phrases);

// The name of an emoji as one says it: "woman: red hair" -> "woman with red hair", "flag: Chad" -> "flag of Chad",
// "family: man, girl" -> "family of man and girl", "keycap: 1" -> "keycap 1", "ten-thirty" -> "clock showing
// ten-thirty".
std::string spoken(std::string_view name);

// A phrase put into one of the sentences that picture captions are made of: "a picture of a rabbit".
std::string captioned(std::string_view phrase, Random& random);

}  // namespace clipkit::emoji
