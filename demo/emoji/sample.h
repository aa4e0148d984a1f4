#pragma once

#include <string>
#include <vector>

#include "canvas.h"

namespace clipkit::emoji {

// A picture and what one can say of it, the plainest caption first.
struct Sample {
  Canvas picture;
  std::vector<std::string> captions;
  std::string kind;              // "emoji", "drawing", "count", "pair", "badge" or "scene"
  std::u32string code_points{};  // of a single emoji
};

}  // namespace clipkit::emoji
