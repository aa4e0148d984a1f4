#include "coat.h"

#include "base/check.h"

namespace clipkit::emoji {

namespace {

constexpr Rgb kInk = {30, 28, 32};
constexpr double kWobble = 1.2;  // hundredths of a drawing's size

std::string ground_to_avoid(const std::string& color) {
  return color == "ink" ? "black" : color;
}

DrawingStyle choose_style(Random& random) {
  const uint64_t draw = random.below(10);
  return draw < 5 ? DrawingStyle::kFlat : draw < 8 ? DrawingStyle::kOutlined : DrawingStyle::kLineArt;
}

}  // namespace

Coat choose_coat(const Thing& thing, std::optional<DrawingStyle> style, Random& random) {
  Coat coat;
  if (thing.drawing == nullptr) {
    coat.avoid = thing.main_color;
    return coat;
  }
  coat.style = style ? *style : choose_style(random);
  const auto& colors = thing.drawing->body_colors;
  // Letters and shapes are all body: without their colour there would be little to see.
  if (colors.size() == named_colors().size() && coat.style == DrawingStyle::kLineArt) coat.style = DrawingStyle::kFlat;
  if (!colors.empty()) {
    const std::string& name = colors[random.below(colors.size())];
    coat.body = name == "ink" ? kInk : vary(find_color(name, thing.name), random);
    coat.avoid = ground_to_avoid(name);
    // What is always of one colour is not called by it.
    if (colors.size() > 1 && coat.style != DrawingStyle::kLineArt && name != "ink") coat.color = name;
  } else if (!thing.drawing->parts.empty()) {
    coat.avoid = ground_to_avoid(thing.drawing->parts.front().color);
  }
  if (coat.style == DrawingStyle::kLineArt) coat.avoid = "black";
  return coat;
}

std::string painted(const std::string& noun, const Coat& coat) {
  return coat.color.empty() ? noun : concat(coat.color, " ", noun);
}

void draw_thing(const Thing& thing, Canvas& canvas, const Frame& frame, const Coat& coat, Random& random) {
  if (thing.sprite) {
    thing.sprite->draw(canvas, frame);
  } else {
    thing.drawing->draw(canvas, frame, coat.body, coat.style, kWobble, random);
  }
}

}  // namespace clipkit::emoji
