#include "api/made_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"

namespace clipkit {

namespace {

constexpr int kSide = 256;
using Color = std::array<double, 3>;

Color draw_color(Random& random) {
  return {random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)};
}

struct Figure {
  explicit Figure(Random& random)
      : x(random.uniform(0, kSide)),
        y(random.uniform(0, kSide)),
        half_width(random.uniform(5, 90)),
        half_height(random.uniform(5, 90)),
        round(random.below(2) == 0),
        color(draw_color(random)) {}
  bool contains(double px, double py) const {
    const double dx = std::abs(px - x) / half_width, dy = std::abs(py - y) / half_height;
    return round ? dx * dx + dy * dy < 1 : std::max(dx, dy) < 1;
  }

  double x, y, half_width, half_height;
  bool round;
  Color color;
};

Image made_picture(uint32_t number) {
  Random random(2, RandomUse::kCalibration, number);
  const std::array<Color, 4> corners = {draw_color(random), draw_color(random), draw_color(random), draw_color(random)};
  std::vector<Figure> figures;
  for (uint64_t i = 0, count = random.below(9); i < count; ++i) figures.emplace_back(random);
  const double noise = random.uniform(0, 30);
  Image image{.width = kSide, .height = kSide, .pixels = {}};
  image.pixels.reserve(size_t{3} * kSide * kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double right = static_cast<double>(x) / kSide, down = static_cast<double>(y) / kSide;
      const auto top =
          std::find_if(figures.rbegin(), figures.rend(), [&](const Figure& figure) { return figure.contains(x, y); });
      const double grain = noise * random.normal();
      for (size_t c = 0; c < 3; ++c) {
        const double ground = (1 - down) * ((1 - right) * corners[0][c] + right * corners[1][c]) +
                              down * ((1 - right) * corners[2][c] + right * corners[3][c]);
        const double value = (top == figures.rend() ? ground : top->color[c]) + grain;
        image.pixels.push_back(static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)));
      }
    }
  }
  return image;
}

}  // namespace

std::vector<Image> made_pictures(int count) {
  std::vector<Image> pictures;
  for (int i = 0; i < count; ++i) pictures.push_back(made_picture(static_cast<uint32_t>(i)));
  return pictures;
}

}  // namespace clipkit
