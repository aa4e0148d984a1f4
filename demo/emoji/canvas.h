#pragma once

#include <cstdint>
#include <vector>

#include "clipkit/image.h"
#include "colors.h"

namespace clipkit::emoji {

struct Point {
  double x, y;  // px from the upper left corner of the canvas, y downwards
};
using Contour = std::vector<Point>;  // closed: the last point is joined to the first

// A square picture that is being drawn on.
class Canvas {
 public:
  explicit Canvas(int side_px, Rgb color = {255, 255, 255});
  int side() const noexcept { return side_; }
  Rgb& at(int x, int y) noexcept {
    return pixels_[static_cast<size_t>(y) * static_cast<size_t>(side_) + static_cast<size_t>(x)];
  }
  Rgb at(int x, int y) const noexcept { return const_cast<Canvas&>(*this).at(x, y); }
  // Lays a colour over a pixel; alpha 0 to 1.
  void blend(int x, int y, Rgb color, float alpha) noexcept { at(x, y) = mix(at(x, y), color, alpha); }
  // Rounded to 8 bits.
  Image to_image() const;

 private:
  int side_;
  std::vector<Rgb> pixels_;
};

// Fills what the contours wind around (non-zero rule), with smooth edges: exact along x, four lines a pixel along y.
void fill(Canvas& canvas, const std::vector<Contour>& contours, Rgb color, float alpha = 1);

// A line of round joints and ends as contours for fill().
std::vector<Contour> stroke(const std::vector<Point>& points, double width, bool closed);

// A curve through the points (Catmull and Rom 1974), each piece as a few straight lines.
std::vector<Point> smooth(const std::vector<Point>& points, bool closed);

// An ellipse turned by an angle in radians.
Contour ellipse(Point center, double rx, double ry, double angle);

}  // namespace clipkit::emoji
