#include "backgrounds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "phrases.h"

namespace clipkit::emoji {

namespace {

constexpr float kTooClose = 90;  // of values 0 to 255: a black bird on a black ground could not be seen

const NamedColor& choose_color(std::string_view avoid, Random& random) {
  const auto colors = named_colors();
  const Rgb forbidden = avoid.empty() ? Rgb{-500, -500, -500} : find_color(avoid, "background").rgb;
  while (true) {
    // White and black are what most pictures stand on.
    const auto draw = random.below(colors.size() + 6);
    const NamedColor& color = draw < colors.size() ? colors[draw] : find_color(draw % 2 ? "white" : "black", "");
    if (distance(color.rgb, forbidden) > kTooClose) return color;
  }
}

// For each pixel, part_of_b(x, y) of the second colour; x and y 0 to 1.
template <class Part>
void paint(Canvas& canvas, Rgb a, Rgb b, const Part& part_of_b) {
  const auto side = static_cast<double>(canvas.side());
  for (int y = 0; y < canvas.side(); ++y) {
    for (int x = 0; x < canvas.side(); ++x) {
      canvas.at(x, y) =
          mix(a, b, static_cast<float>(std::clamp(part_of_b((x + 0.5) / side, (y + 0.5) / side), 0.0, 1.0)));
    }
  }
}

// Rises from 0 to 1 within about a pixel around 0: edges of patterns without steps.
double soft_step(double distance_px) {
  return std::clamp(distance_px + 0.5, 0.0, 1.0);
}

void paint_stripes(Canvas& canvas, Rgb a, Rgb b, Random& random) {
  const double angle = random.uniform(0, std::numbers::pi), c = std::cos(angle), s = std::sin(angle);
  const double count = random.uniform(3, 8), side = canvas.side(), shift = random.uniform(0, 1);
  paint(canvas, a, b, [=](double x, double y) {
    const double phase = (c * x + s * y) * count + shift, within = phase - std::floor(phase);
    return soft_step((0.25 - std::abs(within - 0.5)) * side / count);
  });
}

void paint_dots(Canvas& canvas, Rgb a, Rgb b, Random& random) {
  const double count = random.uniform(3, 7), side = canvas.side();
  paint(canvas, a, b, [=](double x, double y) {
    const double row = std::floor(y * count), u = x * count + (static_cast<int>(row) % 2) * 0.5;
    const double dx = u - std::floor(u) - 0.5, dy = y * count - row - 0.5;
    return soft_step((0.28 - std::hypot(dx, dy)) * side / count);
  });
}

void paint_checks(Canvas& canvas, Rgb a, Rgb b, Random& random) {
  const double count = random.uniform(3, 7);
  paint(canvas, a, b, [=](double x, double y) {
    return (static_cast<int>(x * count) + static_cast<int>(y * count)) % 2 != 0 ? 1.0 : 0.0;
  });
}

void paint_gradient(Canvas& canvas, Rgb a, Rgb b, Random& random) {
  const double angle = random.uniform(0, 2 * std::numbers::pi), c = std::cos(angle), s = std::sin(angle);
  paint(canvas, a, b, [=](double x, double y) { return 0.5 + 0.8 * (c * (x - 0.5) + s * (y - 0.5)); });
}

void paint_blobs(Canvas& canvas, Rgb a, Rgb b, Random& random) {
  struct Wave {
    double fx, fy, phase;
  };
  Wave waves[5];
  for (Wave& wave : waves) wave = {random.uniform(-14, 14), random.uniform(-14, 14), random.uniform(0, 7)};
  paint(canvas, a, b, [&](double x, double y) {
    double sum = 0;
    for (const Wave& wave : waves) sum += std::sin(wave.fx * x + wave.fy * y + wave.phase);
    return 0.5 + 0.25 * sum;
  });
}

}  // namespace

std::string paint_background(Canvas& canvas, std::string_view avoid, Random& random) {
  const NamedColor& first = choose_color(avoid, random);
  const NamedColor& second = choose_color(avoid, random);
  const Rgb a = vary(first, random), b = vary(second, random);
  const std::string both =
      first.name == second.name ? std::string(first.name) : concat(first.name, " and ", second.name);
  switch (random.below(16)) {
    case 0:
    case 1:
      paint_gradient(canvas, a, b, random);
      return "on " + with_article(both + " gradient");
    case 2:
      paint_stripes(canvas, a, b, random);
      return concat("on ", both, " stripes");
    case 3:
      paint_dots(canvas, a, b, random);
      return concat("on ", with_article(first.name), " background with ", second.name, " dots");
    case 4:
      paint_checks(canvas, a, b, random);
      return "on " + with_article(both + " checkered background");
    case 5:
    case 6:
      paint_blobs(canvas, a, b, random);
      return "on a blurry background";
    default:
      // Pure white and black, as screens have them, besides paper and cloth.
      const bool pure = random.below(2) == 0 && (first.name == "white" || first.name == "black");
      canvas = Canvas(canvas.side(), !pure ? a : first.name == "white" ? Rgb{255, 255, 255} : Rgb{0, 0, 0});
      return random.below(3) == 0 ? concat("on ", first.name) : concat("on ", with_article(first.name), " background");
  }
}

void disturb(Canvas& canvas, Random& random) {
  if (random.below(3) == 0) return;  // a third stays as it was drawn
  const auto gain = static_cast<float>(random.uniform(0.8, 1.12)), lift = static_cast<float>(random.uniform(-14, 14));
  const double light = random.uniform(-0.12, 0.12), angle = random.uniform(0, 2 * std::numbers::pi);
  const double noise = random.below(2) == 0 ? 0 : random.uniform(1, 9), side = canvas.side();
  for (int y = 0; y < canvas.side(); ++y) {
    for (int x = 0; x < canvas.side(); ++x) {
      const double lit = 1 + light * (std::cos(angle) * (x / side - 0.5) + std::sin(angle) * (y / side - 0.5));
      const float factor = gain * static_cast<float>(lit);
      // A sum of two uniform numbers is close enough to a normal one, and cheap.
      const auto grain = noise > 0 ? static_cast<float>(noise * 2.4 * (random.uniform() + random.uniform() - 1)) : 0.F;
      Rgb& p = canvas.at(x, y);
      p = {p.r * factor + lift + grain, p.g * factor + lift + grain, p.b * factor + lift + grain};
    }
  }
}

}  // namespace clipkit::emoji
