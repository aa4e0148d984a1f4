#include "badges.h"

#include "backgrounds.h"
#include "base/check.h"
#include "coat.h"
#include "compose.h"
#include "phrases.h"

namespace clipkit::emoji {

namespace {

constexpr std::string_view kShapes[] = {"circle", "square", "rectangle", "hexagon", "oval", "diamond", "heart"};
constexpr std::string_view kWords[] = {"OK",   "UP",   "GO",   "NO",   "YES",  "ON",   "NEW",  "TOP",
                                       "END",  "SOS",  "ABC",  "ZZZ",  "STOP", "SOON", "BACK", "FREE",
                                       "COOL", "EXIT", "OPEN", "SALE", "ATM",  "WC",   "ID",   "VS",
                                       "TAXI", "BUS",  "HI",   "LOVE", "12",   "24",   "100",  "2000"};

// Letters and digits are drawings of their own: "letter A", "number 1".
const Thing& letter(const Things& things, char c) {
  const std::string_view kind = c >= '0' && c <= '9' ? "number " : "letter ";
  const auto found = things.named(concat(kind, std::string_view(&c, 1)));
  CLIPKIT_CHECK(!found.empty(), "there is no drawing of ", kind, std::string_view(&c, 1));
  return *found.front();
}

// Something that stands out from the shape, and is not one of the shapes again.
const Thing& choose_content(const Things& things, Random& random) {
  while (true) {
    const auto& list = random.below(2) == 0 ? things.drawings() : things.emoji();
    const Thing& thing = list[random.below(list.size())];
    if (thing.is_countable && thing.tone.empty()) return thing;
  }
}

// The same colour on the same colour could not be seen: a few attempts at another.
Coat contrasting_coat(const Thing& thing, std::string_view ground, Random& random) {
  Coat coat = choose_coat(thing, DrawingStyle::kFlat, random);
  const Rgb behind = find_color(ground, "badge").rgb;
  for (int attempt = 0; attempt < 8 && distance(coat.body, behind) < 120; ++attempt) {
    coat = choose_coat(thing, DrawingStyle::kFlat, random);
  }
  return coat;
}

void draw_word(const Things& things, std::string_view word, Canvas& canvas, Point center, double size,
               std::string_view ground, Random& random) {
  const Coat coat = contrasting_coat(letter(things, word[0]), ground, random);
  const double step = size / static_cast<double>(word.size());
  for (size_t i = 0; i < word.size(); ++i) {
    const double x = center.x + (static_cast<double>(i) + 0.5) * step - size / 2;
    const Frame frame{.center = {x, center.y}, .size = step * 0.9, .aspect = word.size() > 2 ? 0.75 : 1};
    draw_thing(letter(things, word[i]), canvas, frame, coat, random);
  }
}

}  // namespace

Sample draw_badge(const Things& things, int side_px, Random& random) {
  Sample sample{.picture = Canvas(side_px), .captions = {}, .kind = "badge"};
  const Thing& shape = *things.named(kShapes[random.below(std::size(kShapes))]).back();
  Coat coat;
  while (coat.color.empty())
    coat = choose_coat(shape, random.below(2) == 0 ? DrawingStyle::kFlat : DrawingStyle::kOutlined, random);
  paint_background(sample.picture, coat.avoid, random);
  Frame frame = place_alone(side_px, false, random).frame;
  frame.angle = 0;
  draw_thing(shape, sample.picture, frame, coat, random);
  const std::string outer = with_article(painted(shape.spoken, coat));

  if (random.below(2) == 0) {
    const std::string_view word = kWords[random.below(std::size(kWords))];
    draw_word(things, word, sample.picture, frame.center, frame.size * 0.66, coat.color, random);
    sample.captions = {concat("the word ", word, " on ", outer),  std::string(word),
                       concat(outer, " with the letters ", word), concat(word, " button"),
                       concat("a sign that says ", word),         concat("a ", coat.color, " button with ", word)};
  } else {
    const Thing& content = choose_content(things, random);
    const Coat inner_coat = contrasting_coat(content, coat.color, random);
    const Frame inner_frame{.center = frame.center, .size = frame.size * random.uniform(0.42, 0.58)};
    draw_thing(content, sample.picture, inner_frame, inner_coat, random);
    const std::string inner = with_article(painted(content.spoken, inner_coat));
    sample.captions = {concat(inner, " in ", outer),      concat(outer, " with ", inner, " in it"),
                       with_article(content.spoken),      captioned(concat(inner, " on ", outer), random),
                       concat(content.spoken, " button"), concat(content.spoken, " sign")};
  }
  return sample;
}

}  // namespace clipkit::emoji
