#pragma once

#include <vector>

#include "canvas.h"
#include "clipkit/image.h"

namespace clipkit::emoji {

// Where and how something is drawn on a canvas.
struct Frame {
  Point center;
  double size;       // px of the longer side
  double angle = 0;  // radians, clockwise
  bool mirrored = false;
  double aspect = 1;  // > 1: wider than high
};

// A picture with transparency that can be drawn in any size: it and its halves, so that small ones are smooth.
class Sprite {
 public:
  explicit Sprite(const Image& rgba);

  void draw(Canvas& canvas, const Frame& frame) const;
  // Without alpha, as a reader sees it that drops the fourth channel: pixels that are a little there are wholly there,
  // the rest is black.
  void draw_without_alpha(Canvas& canvas, const Frame& frame) const;

  struct ColorShare {
    std::string_view name;
    double share;  // of all that is not transparent
  };
  // The named colours it is made of, the largest share first.
  std::vector<ColorShare> colors() const;

 private:
  struct Level {
    int width, height;
    std::vector<uint8_t> pixels;  // RGBA, multiplied by alpha
  };
  struct Rgba {
    float r, g, b, a;
  };
  static Rgba sample(const Level& level, double x, double y) noexcept;
  template <class Lay>
  void visit(Canvas& canvas, const Frame& frame, const Lay& lay) const;

  std::vector<Level> levels_;
};

}  // namespace clipkit::emoji
