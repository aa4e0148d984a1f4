#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

inline constexpr double kSvgFontSize = 12;  // px, of all text

// A length in px with one digit after the point at most.
std::string px(double length);

// About as wide as most fonts set the text.
double text_width(std::string_view text);
// The text, or as much of its beginning as fits, and an ellipsis.
std::string shortened(std::string_view text, double width);

struct SvgPoint {
  double x, y;
};
using SvgPoints = std::vector<SvgPoint>;

// Of the points in one pixel column, the first, lowest, highest and last: the line through them looks the same, and a
// run of a million steps is a few thousand points. x rises.
SvgPoints thinned(const SvgPoints& points);

// The value of a <path>'s d: straight lines from point to point.
std::string svg_path(const SvgPoints& points);

}  // namespace clipkit
