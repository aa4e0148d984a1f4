#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "canvas.h"
#include "sprite.h"

namespace clipkit::emoji {

enum class DrawingStyle : uint8_t {
  kFlat,      // areas of colour
  kOutlined,  // with dark lines around them
  kLineArt,   // white areas with dark lines
};

// A simple picture of a thing, made of ovals, polygons and lines in a square of 100 x 100 units. Ours: drawings.txt.
struct Drawing {
  enum class Form : uint8_t { kOval, kPolygon, kCurve, kLine, kBow };
  struct Part {
    Form form;
    std::string color;            // a named colour, "ink", "body", "dark" or "light" (of the body's colour)
    double width = 0;             // kLine and kBow
    std::vector<Point> points{};  // kOval: centre, radii, angle in degrees
  };

  std::string name;
  std::vector<std::string> keywords;
  std::vector<std::string> body_colors;  // of which one is chosen; empty: no part has the body's colour
  bool is_upright = false;               // has a left and a right: never mirrored, hardly turned
  std::vector<Part> parts;

  // The hand is a little unsteady: points wander by up to `wobble` units.
  void draw(Canvas& canvas, const Frame& frame, Rgb body, DrawingStyle style, double wobble, Random& random) const;
};

// The drawings of a text in the language that drawings.txt begins with an explanation of. Errors: kCorrupt, naming the
// line.
std::vector<Drawing> parse_drawings(std::string_view text, std::string_view place);
std::vector<Drawing> read_drawings(const std::filesystem::path& path);

}  // namespace clipkit::emoji
