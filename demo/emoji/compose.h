#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "sprite.h"

namespace clipkit::emoji {

// Where one thing stands, and what to say of that: "in the upper left corner", or nothing.
struct Placed {
  Frame frame;
  std::string phrase{};
};
Placed place_alone(int side_px, bool may_mirror, Random& random);

// `count` frames that hardly overlap: in a row, a column or scattered over a grid.
std::vector<Frame> place_many(int side_px, int count, Random& random);

// Two or three things beside or above each other.
struct Arrangement {
  std::vector<Frame> frames;
  std::string_view relation;  // the first is ... the second: "to the left of", "above"
  std::string_view reverse;   // the second is ... the first
};
Arrangement arrange(int side_px, size_t count, Random& random);

}  // namespace clipkit::emoji
