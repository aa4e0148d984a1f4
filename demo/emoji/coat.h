#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "canvas.h"
#include "things.h"

namespace clipkit::emoji {

// The colour and style that a thing is drawn in. Emoji have their own.
struct Coat {
  Rgb body{};
  DrawingStyle style = DrawingStyle::kFlat;
  std::string color{};  // "red" if the drawing's colour was chosen among several, else empty
  std::string avoid{};  // the colour that the background must not have; may be empty
};

// Without a style, one is chosen as well.
Coat choose_coat(const Thing& thing, std::optional<DrawingStyle> style, Random& random);

// "circle" -> "red circle" in a red coat.
std::string painted(const std::string& noun, const Coat& coat);

void draw_thing(const Thing& thing, Canvas& canvas, const Frame& frame, const Coat& coat, Random& random);

}  // namespace clipkit::emoji
