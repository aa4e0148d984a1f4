#include "colors.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/quote.h"

namespace clipkit::emoji {

namespace {

constexpr NamedColor kColors[] = {
    {"red", {221, 46, 46}},        {"orange", {244, 144, 32}},       {"yellow", {252, 212, 50}},
    {"green", {60, 160, 64}},      {"blue", {40, 98, 214}},          {"purple", {142, 64, 190}},
    {"pink", {245, 140, 180}},     {"brown", {128, 80, 48}},         {"black", {24, 24, 26}},
    {"white", {250, 250, 248}},    {"grey", {140, 142, 146}},        {"light blue", {130, 200, 245}},
    {"dark blue", {20, 36, 110}},  {"light green", {150, 215, 110}}, {"dark green", {20, 84, 44}},
    {"turquoise", {48, 190, 186}},
};

struct Hsv {
  float hue, saturation, value;  // degrees, 0 to 1, 0 to 1
};

Hsv to_hsv(Rgb c) noexcept {
  const float high = std::max({c.r, c.g, c.b}), low = std::min({c.r, c.g, c.b}), range = high - low;
  float hue = 0;
  if (range > 0) {
    if (high == c.r) {
      hue = (c.g - c.b) / range;
    } else if (high == c.g) {
      hue = 2 + (c.b - c.r) / range;
    } else {
      hue = 4 + (c.r - c.g) / range;
    }
  }
  return {hue < 0 ? hue * 60 + 360 : hue * 60, high > 0 ? range / high : 0, high / 255};
}

}  // namespace

std::span<const NamedColor> named_colors() noexcept {
  return kColors;
}

const NamedColor& find_color(std::string_view name, std::string_view place) {
  const auto found = std::find_if(std::begin(kColors), std::end(kColors), [&](auto& c) { return c.name == name; });
  if (found == std::end(kColors)) fail(ErrorCode::kCorrupt, place, ": ", quote(name), " is no colour that we know");
  return *found;
}

std::string_view name_of(Rgb color) noexcept {
  const auto [hue, saturation, value] = to_hsv(color);
  if (value < 0.2F) return "black";
  if (saturation < 0.14F) return value > 0.86F ? "white" : value < 0.28F ? "black" : "grey";
  if (hue < 14 || hue >= 340) return saturation < 0.5F && value > 0.75F ? "pink" : value < 0.45F ? "brown" : "red";
  if (hue < 44) return value < 0.72F ? "brown" : "orange";
  if (hue < 66) return value < 0.5F ? "brown" : "yellow";
  if (hue < 165) return value < 0.42F ? "dark green" : value > 0.75F && saturation < 0.6F ? "light green" : "green";
  if (hue < 188) return "turquoise";
  if (hue < 256) return value < 0.48F ? "dark blue" : saturation < 0.58F && value > 0.7F ? "light blue" : "blue";
  if (hue < 296) return "purple";
  return value > 0.75F ? "pink" : "purple";
}

Rgb vary(const NamedColor& color, Random& random) {
  const auto shift = static_cast<float>(random.uniform(-0.14, 0.14));
  const Rgb base = shift < 0 ? darker(color.rgb, -shift) : lighter(color.rgb, shift);
  const auto jitter = [&](float x) { return std::clamp(x + static_cast<float>(random.uniform(-12, 12)), 0.F, 255.F); };
  const float r = jitter(base.r), g = jitter(base.g), b = jitter(base.b);
  return {r, g, b};
}

Rgb mix(Rgb a, Rgb b, float part_of_b) noexcept {
  const float rest = 1 - part_of_b;
  return {a.r * rest + b.r * part_of_b, a.g * rest + b.g * part_of_b, a.b * rest + b.b * part_of_b};
}

float distance(Rgb a, Rgb b) noexcept {
  const float dr = a.r - b.r, dg = a.g - b.g, db = a.b - b.b;
  return std::sqrt(dr * dr + dg * dg + db * db);
}

}  // namespace clipkit::emoji
