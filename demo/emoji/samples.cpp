#include "samples.h"

#include <algorithm>
#include <cmath>

#include "backgrounds.h"
#include "badges.h"
#include "base/check.h"
#include "coat.h"
#include "compose.h"
#include "phrases.h"
#include "scenes.h"

namespace clipkit::emoji {

namespace {

template <class T>
const T& choose(const std::vector<T>& list, Random& random) {
  return list[random.below(list.size())];
}

// The order stays.
void keep_each_once(std::vector<std::string>& captions) {
  std::vector<std::string> kept;
  for (std::string& caption : captions) {
    if (!caption.empty() && std::find(kept.begin(), kept.end(), caption) == kept.end())
      kept.push_back(std::move(caption));
  }
  captions = std::move(kept);
}

void add_keyword_captions(const Thing& thing, std::vector<std::string>& captions, Random& random) {
  if (thing.keywords.empty()) return;
  const std::string& word = choose(thing.keywords, random);
  // Some keywords are nouns, some are not.
  const uint64_t form = random.below(4);
  captions.push_back(form < 2 ? word : captioned(form == 2 ? word : with_article(word), random));
  captions.push_back(concat(thing.spoken, ", ", choose(thing.keywords, random)));
  std::string several = word;
  for (int i = 0; i < 2; ++i) {
    const std::string& other = choose(thing.keywords, random);
    if (several.find(other) == std::string::npos) several += ", " + other;
  }
  captions.push_back(several);
}

// What one can say of a thing by itself. A picture gets a few of these, the name always.
std::vector<std::string> captions_of(const Thing& thing, const std::string& ground, const std::string& place,
                                     Random& random) {
  const std::string one = with_article(thing.spoken);
  std::vector<std::string> captions = {thing.name, one, captioned(one, random)};
  if (!thing.animal.empty()) {
    captions.push_back(with_article(thing.animal));
    captions.push_back(captioned(with_article(thing.animal), random));
  }
  if (random.below(3) != 0) captions.push_back(concat(one, " ", ground));
  if (!place.empty()) captions.push_back(concat(one, " ", place));
  add_keyword_captions(thing, captions, random);
  if (!thing.groups.empty() && random.below(2) == 0) {
    const std::string& group = choose(thing.groups, random);
    captions.push_back(random.below(2) == 0 ? with_article(group) : concat(one, ", ", with_article(group)));
  }
  if (!thing.tone.empty()) captions.push_back(concat(thing.spoken, " with ", thing.tone));
  if (!thing.color.empty() && random.below(2) == 0) {
    const bool is_said = thing.spoken.find(thing.color) != std::string::npos;
    captions.push_back(is_said ? concat("something ", thing.color)
                               : with_article(concat(thing.color, " ", thing.spoken)));
  }
  return captions;
}

}  // namespace

SampleMaker::SampleMaker(const Things& things, uint64_t seed, int side_px)
    : things_(things), seed_(seed), side_px_(side_px) {
  CLIPKIT_CHECK(side_px >= 16 && side_px <= 1024, "pictures of ", side_px, " px, expected 16 to 1024");
  CLIPKIT_CHECK(!things.emoji().empty() && !things.drawings().empty(), "there is nothing to draw");
  double sum = 0;
  for (const Thing& thing : things.emoji()) {
    emoji_ends_.push_back(sum += thing.weight);
    if (thing.is_countable && thing.tone.empty()) countable_emoji_.push_back(&thing);
  }
  for (const Thing& thing : things.drawings()) {
    const auto& words = thing.keywords;
    if (std::find(words.begin(), words.end(), "shape") != words.end()) shapes_.push_back(&thing);
  }
  CLIPKIT_CHECK(!countable_emoji_.empty() && !shapes_.empty(), "no emoji or no shape that can be counted");
}

const Thing& SampleMaker::choose_emoji(Random& random) const {
  const double at = random.uniform(0, emoji_ends_.back());
  const auto found = std::upper_bound(emoji_ends_.begin(), emoji_ends_.end(), at);
  return things_.emoji()[static_cast<size_t>(std::min(found, emoji_ends_.end() - 1) - emoji_ends_.begin())];
}

// Emoji, drawings and shapes by turns.
const Thing& SampleMaker::choose_countable(Random& random) const {
  const uint64_t draw = random.below(10);
  if (draw < 5) return *choose(countable_emoji_, random);
  if (draw < 8) return *choose(shapes_, random);
  while (true) {
    const Thing& thing = choose(things_.drawings(), random);
    if (thing.is_countable) return thing;
  }
}

Sample SampleMaker::make(Split split, uint64_t index) const {
  Random random(seed_, RandomUse::kDrawing, static_cast<uint32_t>(split), index);
  const uint64_t draw = random.below(100);
  Sample sample = draw < 62   ? draw_emoji(random)
                  : draw < 76 ? draw_drawing(random)
                  : draw < 82 ? draw_count(random)
                  : draw < 91 ? draw_group(random)
                  : draw < 95 ? draw_badge(things_, side_px_, random)
                              : draw_scene(things_, side_px_, random);
  disturb(sample.picture, random);
  keep_each_once(sample.captions);
  return sample;
}

Sample SampleMaker::draw_emoji(Random& random) const {
  const Thing& thing = choose_emoji(random);
  Sample sample{.picture = Canvas(side_px_), .captions = {}, .kind = "emoji", .code_points = thing.code_points};
  Placed placed = place_alone(side_px_, !thing.is_upright, random);
  std::string ground;
  if (random.below(6) == 0) {
    if (random.below(2) == 0) placed = {.frame = whole_picture()};
    sample.picture = Canvas(side_px_, {0, 0, 0});
    thing.sprite->draw_without_alpha(sample.picture, placed.frame);
    ground = "on black";
  } else {
    ground = paint_background(sample.picture, thing.main_color, random);
    thing.sprite->draw(sample.picture, placed.frame);
  }
  sample.captions = captions_of(thing, ground, placed.phrase, random);
  return sample;
}

Sample SampleMaker::draw_drawing(Random& random) const {
  const Thing& thing = random.below(4) == 0 ? *choose(shapes_, random) : choose(things_.drawings(), random);
  Sample sample{.picture = Canvas(side_px_), .captions = {}, .kind = "drawing"};
  const Coat coat = choose_coat(thing, std::nullopt, random);
  const std::string ground = paint_background(sample.picture, coat.avoid, random);
  const Placed placed = place_alone(side_px_, !thing.is_upright, random);
  draw_thing(thing, sample.picture, placed.frame, coat, random);
  Thing dressed = thing;
  dressed.spoken = painted(thing.spoken, coat);
  dressed.color.clear();
  sample.captions = captions_of(dressed, ground, placed.phrase, random);
  // A shape without its colour is half the truth; a house is a house.
  if (!coat.color.empty()) sample.captions.insert(sample.captions.begin(), dressed.spoken);
  if (coat.style == DrawingStyle::kLineArt)
    sample.captions.push_back(concat("a line drawing of ", with_article(thing.spoken)));
  return sample;
}

Sample SampleMaker::draw_count(Random& random) const {
  const Thing& thing = choose_countable(random);
  const int count = 2 + static_cast<int>(random.below(random.below(3) == 0 ? 6 : 3));
  Sample sample{.picture = Canvas(side_px_), .captions = {}, .kind = "count"};
  const Coat coat = choose_coat(thing, std::nullopt, random);
  const std::string ground = paint_background(sample.picture, coat.avoid, random);
  for (const Frame& frame : place_many(side_px_, count, random)) {
    draw_thing(thing, sample.picture, frame, coat, random);
  }
  const std::string what = painted(thing.spoken, coat), several = counted(count, what, random);
  sample.captions = {several, counted(count, thing.spoken, random), captioned(several, random),
                     concat(several, " ", ground), plural(what)};
  if (!thing.keywords.empty()) sample.captions.push_back(concat(several, ", ", choose(thing.keywords, random)));
  return sample;
}

Sample SampleMaker::draw_group(Random& random) const {
  const size_t count = random.below(4) == 0 ? 3 : 2;
  Sample sample{.picture = Canvas(side_px_), .captions = {}, .kind = "pair"};
  std::vector<const Thing*> things;
  std::vector<Coat> coats;
  std::vector<std::string> phrases;
  while (things.size() < count) {
    const Thing& thing = choose_countable(random);
    Coat coat = choose_coat(thing, std::nullopt, random);
    std::string phrase = with_article(painted(thing.spoken, coat));
    if (std::find(phrases.begin(), phrases.end(), phrase) != phrases.end()) continue;
    things.push_back(&thing);
    coats.push_back(std::move(coat));
    phrases.push_back(std::move(phrase));
  }
  const std::string ground = paint_background(sample.picture, coats[0].avoid, random);
  const Arrangement arrangement = arrange(side_px_, count, random);
  for (size_t i = 0; i < count; ++i) {
    draw_thing(*things[i], sample.picture, arrangement.frames[i], coats[i], random);
  }
  sample.captions = {listed(phrases), captioned(listed(phrases), random)};
  if (count == 2) {  // of three things there is enough to say
    sample.captions.push_back(concat(listed(phrases), " ", ground));
    sample.captions.push_back(concat(phrases[0], " ", arrangement.relation, " ", phrases[1]));
    sample.captions.push_back(concat(phrases[1], " ", arrangement.reverse, " ", phrases[0]));
    sample.captions.push_back(concat(phrases[1], " and ", phrases[0]));
  }
  return sample;
}

Sample SampleMaker::show(const Thing& thing, Rendering rendering, uint64_t variant) const {
  Sample sample{
      .picture = Canvas(side_px_), .captions = {thing.name}, .kind = "emoji", .code_points = thing.code_points};
  if (thing.spoken != thing.name) sample.captions.push_back(thing.spoken);
  if (rendering == Rendering::kPlain) {
    Frame frame = whole_picture();
    frame.size *= 0.9;
    thing.sprite->draw(sample.picture, frame);
  } else if (rendering == Rendering::kNoAlpha) {
    sample.picture = Canvas(side_px_, {0, 0, 0});
    thing.sprite->draw_without_alpha(sample.picture, whole_picture());
  } else {
    Random random(seed_, RandomUse::kDrawing, static_cast<uint32_t>(Split::kHeldBack),
                  variant << 32 | static_cast<uint64_t>(thing.code_points.front()));
    paint_background(sample.picture, thing.main_color, random);
    thing.sprite->draw(sample.picture, place_alone(side_px_, false, random).frame);
    disturb(sample.picture, random);
  }
  return sample;
}

}  // namespace clipkit::emoji
