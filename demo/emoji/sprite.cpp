#include "sprite.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"

namespace clipkit::emoji {

Sprite::Sprite(const Image& rgba) {
  CLIPKIT_CHECK(rgba.mode == ImageMode::kRgba && rgba.width > 0 && rgba.height > 0, "a sprite of mode ",
                to_string(rgba.mode), ", expected RGBA");
  Level full{rgba.width, rgba.height, rgba.pixels};
  for (size_t i = 0; i < full.pixels.size(); i += 4) {
    for (size_t c = 0; c < 3; ++c) {
      full.pixels[i + c] = static_cast<uint8_t>((full.pixels[i + c] * full.pixels[i + 3] + 127) / 255);
    }
  }
  levels_.push_back(std::move(full));
  while (std::min(levels_.back().width, levels_.back().height) >= 32) {
    const Level& from = levels_.back();
    Level half{from.width / 2, from.height / 2, {}};
    const auto stride = static_cast<size_t>(from.width) * 4;
    for (int y = 0; y < half.height; ++y) {
      for (int x = 0; x < half.width * 4; ++x) {
        const size_t at = static_cast<size_t>(2 * y) * stride + static_cast<size_t>(x / 4 * 8 + x % 4);
        const auto& p = from.pixels;
        half.pixels.push_back(static_cast<uint8_t>((p[at] + p[at + 4] + p[at + stride] + p[at + stride + 4] + 2) / 4));
      }
    }
    levels_.push_back(std::move(half));
  }
}

// Between the four samples around (x, y); transparent outside.
Sprite::Rgba Sprite::sample(const Level& level, double x, double y) noexcept {
  const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
  const double fx = x - 0.5 - left, fy = y - 0.5 - top;
  Rgba sum{};
  for (int corner = 0; corner < 4; ++corner) {
    const int column = static_cast<int>(left) + corner % 2, row = static_cast<int>(top) + corner / 2;
    if (column < 0 || row < 0 || column >= level.width || row >= level.height) continue;
    const auto weight = static_cast<float>((corner % 2 ? fx : 1 - fx) * (corner / 2 ? fy : 1 - fy));
    const uint8_t* p = level.pixels.data() +
                       (static_cast<size_t>(row) * static_cast<size_t>(level.width) + static_cast<size_t>(column)) * 4;
    sum.r += weight * p[0];
    sum.g += weight * p[1];
    sum.b += weight * p[2];
    sum.a += weight * p[3];
  }
  return sum;
}

// Calls lay(x, y, colour multiplied by alpha, alpha 0 to 255) for every pixel of the canvas that the frame may touch.
template <class Lay>
void Sprite::visit(Canvas& canvas, const Frame& frame, const Lay& lay) const {
  const double longest = std::max(levels_[0].width, levels_[0].height);
  size_t chosen = 0;
  while (chosen + 1 < levels_.size() && longest / (2 << chosen) >= frame.size) ++chosen;
  const Level& level = levels_[chosen];
  const double scale = std::max(level.width, level.height) / frame.size;  // samples of the level a pixel
  const double stretch = std::sqrt(frame.aspect);
  const double c = std::cos(frame.angle), s = std::sin(frame.angle);
  const double reach = frame.size * 0.75 * std::max(stretch, 1 / stretch) + 1;
  const int side = canvas.side();
  const int left = std::max(0, static_cast<int>(frame.center.x - reach)),
            right = std::min(side - 1, static_cast<int>(frame.center.x + reach));
  const int top = std::max(0, static_cast<int>(frame.center.y - reach)),
            bottom = std::min(side - 1, static_cast<int>(frame.center.y + reach));
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      Rgba sum{};
      for (int part = 0; part < 4; ++part) {  // 2 x 2 samples a pixel
        const double dx = x + 0.25 + 0.5 * (part % 2) - frame.center.x,
                     dy = y + 0.25 + 0.5 * (part / 2) - frame.center.y;
        const double u = (c * dx + s * dy) / stretch, v = (c * dy - s * dx) * stretch;
        const Rgba found =
            sample(level, level.width / 2.0 + (frame.mirrored ? -u : u) * scale, level.height / 2.0 + v * scale);
        sum.r += found.r / 4;
        sum.g += found.g / 4;
        sum.b += found.b / 4;
        sum.a += found.a / 4;
      }
      if (sum.a > 0) lay(x, y, Rgb{sum.r, sum.g, sum.b}, sum.a);
    }
  }
}

void Sprite::draw(Canvas& canvas, const Frame& frame) const {
  visit(canvas, frame, [&](int x, int y, Rgb color, float alpha) {
    const float rest = 1 - alpha / 255;
    Rgb& pixel = canvas.at(x, y);
    pixel = {pixel.r * rest + color.r, pixel.g * rest + color.g, pixel.b * rest + color.b};
  });
}

void Sprite::draw_without_alpha(Canvas& canvas, const Frame& frame) const {
  visit(canvas, frame, [&](int x, int y, Rgb color, float alpha) {
    if (alpha >= 8) canvas.at(x, y) = {color.r * 255 / alpha, color.g * 255 / alpha, color.b * 255 / alpha};
  });
}

std::vector<Sprite::ColorShare> Sprite::colors() const {
  const Level& level = levels_[std::min<size_t>(1, levels_.size() - 1)];
  std::map<std::string_view, double> sums;
  double all = 0;
  for (size_t i = 0; i < level.pixels.size(); i += 4) {
    const float alpha = level.pixels[i + 3];
    if (alpha < 8) continue;
    const float up = 255 / alpha;
    sums[name_of({level.pixels[i] * up, level.pixels[i + 1] * up, level.pixels[i + 2] * up})] += alpha;
    all += alpha;
  }
  std::vector<ColorShare> shares;
  for (const auto& [name, sum] : sums) shares.push_back({name, sum / all});
  std::sort(shares.begin(), shares.end(), [](const ColorShare& a, const ColorShare& b) { return a.share > b.share; });
  return shares;
}

}  // namespace clipkit::emoji
