#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace clipkit::emoji {

struct Rgb {
  float r, g, b;  // 0 to 255
};

struct NamedColor {
  std::string_view name;
  Rgb rgb;
};

// The colours that captions speak of.
std::span<const NamedColor> named_colors() noexcept;
// Errors: kCorrupt for a name that is not among them; place begins the message.
const NamedColor& find_color(std::string_view name, std::string_view place);

// The name that most people would give a colour.
std::string_view name_of(Rgb color) noexcept;

// A colour that still has the same name: a little lighter or darker, a little of another hue.
Rgb vary(const NamedColor& color, Random& random);

Rgb mix(Rgb a, Rgb b, float part_of_b) noexcept;
inline Rgb darker(Rgb c, float by) noexcept {
  return mix(c, {0, 0, 0}, by);
}
inline Rgb lighter(Rgb c, float by) noexcept {
  return mix(c, {255, 255, 255}, by);
}
// Euclidean distance of the values.
float distance(Rgb a, Rgb b) noexcept;

}  // namespace clipkit::emoji
