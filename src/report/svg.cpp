#include "report/svg.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/concat.h"
#include "base/utf8.h"

namespace clipkit {

namespace {

constexpr double kCharacter = 0.55 * kSvgFontSize;

// Ideographs and what follows them count double.
double width_of(std::u32string_view characters) {
  double width = 0;
  for (const char32_t c : characters) width += c < 0x2E80 ? kCharacter : 2 * kCharacter;
  return width;
}

}  // namespace

std::string px(double length) {
  char digits[32];
  const double rounded = std::round(length * 10) / 10 + 0.0;  // never "-0"
  return {digits, std::to_chars(digits, digits + sizeof digits, rounded).ptr};
}

double text_width(std::string_view text) {
  return width_of(utf8_to_utf32(replace_invalid_utf8(text)));
}

std::string shortened(std::string_view text, double width) {
  std::u32string characters = utf8_to_utf32(replace_invalid_utf8(text));
  if (width_of(characters) <= width) return utf32_to_utf8(characters);
  while (!characters.empty() && width_of(characters) > width - kCharacter) characters.pop_back();
  return utf32_to_utf8(characters + U'\u2026');
}

SvgPoints thinned(const SvgPoints& points) {
  SvgPoints kept;
  for (size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    size_t lowest = begin, highest = begin;
    for (end = begin; end < points.size() && std::floor(points[end].x) == std::floor(points[begin].x); ++end) {
      if (points[end].y < points[lowest].y) lowest = end;
      if (points[end].y > points[highest].y) highest = end;
    }
    size_t last = begin;
    kept.push_back(points[begin]);
    for (const size_t i : {std::min(lowest, highest), std::max(lowest, highest), end - 1}) {
      if (i > last) kept.push_back(points[last = i]);
    }
  }
  return kept;
}

std::string svg_path(const SvgPoints& points) {
  std::string path;
  for (const SvgPoint& point : points) path += concat(path.empty() ? "M" : "L", px(point.x), " ", px(point.y));
  return path;
}

}  // namespace clipkit
