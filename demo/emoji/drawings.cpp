#include "drawings.h"

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace clipkit::emoji {

namespace {

constexpr Rgb kOutline = {38, 34, 40};
constexpr double kOutlineUnits = 3.2;

Rgb color_of(const std::string& name, Rgb body, DrawingStyle style) {
  if (name == "ink") return kOutline;
  if (style == DrawingStyle::kLineArt) return {255, 255, 255};
  if (name == "body") return body;
  if (name == "dark") return darker(body, 0.3F);
  if (name == "light") return lighter(body, 0.45F);
  return find_color(name, "drawing").rgb;
}

// From units to pixels.
class Placing {
 public:
  explicit Placing(const Frame& frame)
      : frame_(frame), cos_(std::cos(frame.angle)), sin_(std::sin(frame.angle)), stretch_(std::sqrt(frame.aspect)) {}

  Point operator()(Point unit) const {
    const double x = (unit.x - 50) * (frame_.mirrored ? -1 : 1) * stretch_ * scale(),
                 y = (unit.y - 50) / stretch_ * scale();
    return {frame_.center.x + cos_ * x - sin_ * y, frame_.center.y + sin_ * x + cos_ * y};
  }
  double scale() const { return frame_.size / 100; }

 private:
  const Frame& frame_;
  double cos_, sin_, stretch_;
};

// The outline in units.
std::vector<Point> outline(const Drawing::Part& part, double wobble, Random& random) {
  const auto wander = [&](Point p) {
    const double dx = random.uniform(-wobble, wobble), dy = random.uniform(-wobble, wobble);
    return Point{p.x + dx, p.y + dy};
  };
  if (part.form == Drawing::Form::kOval) {
    const double angle = part.points.size() > 2 ? part.points[2].x * std::numbers::pi / 180 : 0;
    return ellipse(wander(part.points[0]), part.points[1].x, part.points[1].y, angle);
  }
  std::vector<Point> points;
  for (const Point p : part.points) points.push_back(wander(p));
  if (part.form == Drawing::Form::kCurve) return smooth(points, true);
  if (part.form == Drawing::Form::kBow) return smooth(points, false);
  return points;
}

}  // namespace

void Drawing::draw(Canvas& canvas, const Frame& frame, Rgb body, DrawingStyle style, double wobble,
                   Random& random) const {
  const Placing place(frame);
  for (const Part& part : parts) {
    std::vector<Point> points = outline(part, wobble, random);
    for (Point& p : points) p = place(p);
    if (part.form == Form::kLine || part.form == Form::kBow) {
      const double width = part.width * place.scale();
      // A line that is no more than ink stays ink when the areas are left white.
      const bool hollow = style != DrawingStyle::kFlat && part.color != "ink" && part.width > 2 * kOutlineUnits;
      if (hollow) fill(canvas, stroke(points, width + 2 * kOutlineUnits * place.scale() * 0.6, false), kOutline);
      const bool ink_only = style == DrawingStyle::kLineArt && !hollow;
      fill(canvas, stroke(points, width, false), ink_only ? kOutline : color_of(part.color, body, style));
      continue;
    }
    fill(canvas, {points}, color_of(part.color, body, style));
    if (style != DrawingStyle::kFlat) fill(canvas, stroke(points, kOutlineUnits * place.scale(), true), kOutline);
  }
}

}  // namespace clipkit::emoji
