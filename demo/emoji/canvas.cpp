#include "canvas.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace clipkit::emoji {

namespace {

constexpr int kLinesPerPixel = 4;

struct Crossing {
  double x;
  int direction;
};

// Adds `weight` times the part of each pixel that lies in [left, right).
void add_span(std::vector<float>& coverage, double left, double right, float weight) {
  const auto width = static_cast<double>(coverage.size());
  left = std::clamp(left, 0.0, width);
  right = std::clamp(right, 0.0, width);
  if (right <= left) return;
  const auto first = static_cast<size_t>(left), last = std::min(static_cast<size_t>(right), coverage.size() - 1);
  if (first == last) {
    coverage[first] += weight * static_cast<float>(right - left);
    return;
  }
  coverage[first] += weight * static_cast<float>(static_cast<double>(first + 1) - left);
  for (size_t x = first + 1; x < last; ++x) coverage[x] += weight;
  coverage[last] += weight * static_cast<float>(right - static_cast<double>(last));
}

void find_crossings(const std::vector<Contour>& contours, double y, std::vector<Crossing>& crossings) {
  crossings.clear();
  for (const Contour& contour : contours) {
    for (size_t i = 0; i < contour.size(); ++i) {
      const Point a = contour[i], b = contour[i + 1 < contour.size() ? i + 1 : 0];
      if ((a.y <= y) == (b.y <= y)) continue;
      crossings.push_back({a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x), a.y < b.y ? 1 : -1});
    }
  }
  std::sort(crossings.begin(), crossings.end(), [](const Crossing& a, const Crossing& b) { return a.x < b.x; });
}

}  // namespace

Canvas::Canvas(int side_px, Rgb color)
    : side_(side_px), pixels_(static_cast<size_t>(side_px) * static_cast<size_t>(side_px), color) {}

Image Canvas::to_image() const {
  Image image{.mode = ImageMode::kRgb, .width = side_, .height = side_};
  image.pixels.reserve(pixels_.size() * 3);
  for (const Rgb& pixel : pixels_) {
    for (const float value : {pixel.r, pixel.g, pixel.b}) {
      image.pixels.push_back(static_cast<uint8_t>(std::lround(std::clamp(value, 0.F, 255.F))));
    }
  }
  return image;
}

void fill(Canvas& canvas, const std::vector<Contour>& contours, Rgb color, float alpha) {
  double top = canvas.side(), bottom = 0;
  for (const Contour& contour : contours) {
    for (const Point p : contour) {
      top = std::min(top, p.y);
      bottom = std::max(bottom, p.y);
    }
  }
  const int first = std::max(0, static_cast<int>(std::floor(top)));
  const int last = std::min(canvas.side() - 1, static_cast<int>(std::floor(bottom)));
  std::vector<float> coverage(static_cast<size_t>(canvas.side()));
  std::vector<Crossing> crossings;
  for (int y = first; y <= last; ++y) {
    std::fill(coverage.begin(), coverage.end(), 0.F);
    for (int line = 0; line < kLinesPerPixel; ++line) {
      find_crossings(contours, y + (line + 0.5) / kLinesPerPixel, crossings);
      int winding = 0;
      for (size_t i = 0; i + 1 < crossings.size(); ++i) {
        winding += crossings[i].direction;
        if (winding != 0) add_span(coverage, crossings[i].x, crossings[i + 1].x, 1.F / kLinesPerPixel);
      }
    }
    for (int x = 0; x < canvas.side(); ++x) {
      const float covered = coverage[static_cast<size_t>(x)];
      if (covered > 0) canvas.blend(x, y, color, alpha * std::min(covered, 1.F));
    }
  }
}

std::vector<Contour> stroke(const std::vector<Point>& points, double width, bool closed) {
  std::vector<Contour> contours;
  const double half = width / 2;
  // Contours must all turn the same way round, or they would cancel where they overlap.
  for (size_t i = 0; i + (closed ? 0 : 1) < points.size(); ++i) {
    const Point a = points[i], b = points[(i + 1) % points.size()];
    const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
    if (length == 0) continue;
    const double nx = -dy / length * half, ny = dx / length * half;
    contours.push_back({{a.x - nx, a.y - ny}, {b.x - nx, b.y - ny}, {b.x + nx, b.y + ny}, {a.x + nx, a.y + ny}});
  }
  for (const Point p : points) contours.push_back(ellipse(p, half, half, 0));
  return contours;
}

std::vector<Point> smooth(const std::vector<Point>& points, bool closed) {
  constexpr int kPieces = 8;
  const auto n = static_cast<ptrdiff_t>(points.size());
  const auto at = [&](ptrdiff_t i) {
    return points[static_cast<size_t>(closed ? (i + n) % n : std::clamp<ptrdiff_t>(i, 0, n - 1))];
  };
  std::vector<Point> out;
  for (ptrdiff_t i = 0; i < (closed ? n : n - 1); ++i) {
    const Point p0 = at(i - 1), p1 = at(i), p2 = at(i + 1), p3 = at(i + 2);
    for (int step = 0; step < kPieces; ++step) {
      const double t = static_cast<double>(step) / kPieces, t2 = t * t, t3 = t2 * t;
      const auto value = [&](double a, double b, double c, double d) {
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t2 + (3 * b - a - 3 * c + d) * t3);
      };
      out.push_back({value(p0.x, p1.x, p2.x, p3.x), value(p0.y, p1.y, p2.y, p3.y)});
    }
  }
  if (!closed && n > 0) out.push_back(points.back());
  return out;
}

Contour ellipse(Point center, double rx, double ry, double angle) {
  const int corners = std::clamp(static_cast<int>(4 * std::sqrt(std::max(rx, ry))) * 2, 8, 64);
  const double c = std::cos(angle), s = std::sin(angle);
  Contour contour;
  for (int i = 0; i < corners; ++i) {
    const double a = 2 * std::numbers::pi * i / corners, x = rx * std::cos(a), y = ry * std::sin(a);
    contour.push_back({center.x + c * x - s * y, center.y + s * x + c * y});
  }
  return contour;
}

}  // namespace clipkit::emoji
