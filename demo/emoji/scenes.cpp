#include "scenes.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "coat.h"
#include "phrases.h"

namespace clipkit::emoji {

namespace {

using Names = std::vector<std::string_view>;

struct Place {
  Names names;  // "a meadow", "the grass"
  std::string_view preposition;
  Names sky_colors, ground_colors;
  double horizon;  // height of the ground's edge, 0 (top) to 1
  Names in_sky, on_ground;
};

const std::vector<Place>& places() {
  static const std::vector<Place> kPlaces = {
      {{"a meadow", "the grass", "a green field", "a park"},
       "in",
       {"light blue", "blue"},
       {"green", "light green"},
       0.6,
       {"sun", "cloud", "rainbow", "bird", "butterfly", "balloon", "airplane"},
       {"house", "tree",   "flower", "daisy",    "dog",       "rabbit", "horse",   "cow",
        "sheep", "person", "woman",  "mushroom", "pine tree", "ball",   "bicycle", "tent",
        "duck",  "cat",    "church", "castle",   "goat",      "snail"}},
      {{"the sea", "the ocean", "the water"},
       "on",
       {"light blue", "blue"},
       {"blue", "dark blue", "turquoise"},
       0.55,
       {"sun", "cloud", "bird", "airplane"},
       {"boat", "ship", "sailboat", "whale", "dolphin", "duck", "canoe", "swan", "fish", "spouting whale"}},
      {{"a beach", "the sand", "a sandy beach"},
       "on",
       {"light blue", "turquoise"},
       {"yellow", "orange"},
       0.62,
       {"sun", "cloud", "bird"},
       {"palm tree", "crab", "umbrella", "ball", "person", "turtle", "bucket", "spiral shell", "star", "woman"}},
      {{"the snow", "a winter landscape", "a snowy field"},
       "in",
       {"light blue", "grey"},
       {"white"},
       0.55,
       {"snowflake", "cloud", "bird"},
       {"snowman", "pine tree", "house", "penguin", "sled", "person", "bear", "mountain", "tent", "evergreen tree"}},
      {{"the desert", "the sand"},
       "in",
       {"light blue", "orange"},
       {"orange", "brown", "yellow"},
       0.6,
       {"sun"},
       {"cactus", "camel", "snake", "scorpion", "tent", "palm tree", "lizard"}},
      {{"the mountains", "a hill"},
       "in",
       {"light blue", "pink"},
       {"dark green", "brown", "grey"},
       0.7,
       {"sun", "cloud", "bird", "airplane", "rainbow"},
       {"mountain", "pine tree", "tent", "house", "goat", "person", "volcano", "castle", "tree"}},
      {{"a road", "a street", "the street"},
       "on",
       {"light blue", "grey"},
       {"grey", "black"},
       0.66,
       {"sun", "cloud"},
       {"car", "bus", "truck", "bicycle", "motor scooter", "taxi", "fire engine", "ambulance", "tractor", "skyscraper",
        "traffic light", "house", "person", "motorcycle", "police car", "skateboard"}},
      {{"space", "outer space", "a starry sky"},
       "in",
       {"black", "dark blue"},
       {},
       1.2,
       {"rocket", "ringed planet", "planet earth", "crescent moon", "flying saucer", "satellite", "full moon", "star",
        "comet", "alien"},
       {}},
      {{"the sky", "a blue sky"},
       "in",
       {"light blue", "blue"},
       {},
       1.2,
       {"airplane", "bird", "cloud", "sun", "balloon", "butterfly", "helicopter", "kite", "rainbow", "owl", "eagle",
        "parachute"},
       {}},
      {{"the water", "the deep sea"},
       "under",
       {"blue", "turquoise", "dark blue"},
       {"yellow", "brown"},
       0.85,
       {"fish", "tropical fish", "whale", "octopus", "shark", "turtle", "dolphin", "blowfish", "squid"},
       {"spiral shell", "crab", "star", "lobster"}},
      {{"a room", "a house", "the room"},
       "in",
       {"white", "yellow", "pink", "light green"},
       {"brown"},
       0.68,
       {"clock", "lamp"},
       {"chair", "table", "bed", "lamp", "television", "cat face", "dog face", "person", "woman", "book", "door", "cup",
        "couch and lamp", "teddy bear", "guitar", "cake"}}};
  return kPlaces;
}

std::string_view choose(const Names& names, Random& random) {
  return names[random.below(names.size())];
}

// One thing of a list of names, of which some are held back and not there.
const Thing* choose_thing(const Things& things, const Names& names, Random& random) {
  for (int attempt = 0; attempt < 8 && !names.empty(); ++attempt) {
    const auto found = things.named(choose(names, random));
    if (!found.empty()) return found[random.below(found.size())];
  }
  return nullptr;
}

void paint_sky(Canvas& canvas, Rgb top, Rgb bottom) {
  for (int y = 0; y < canvas.side(); ++y) {
    const Rgb color = mix(top, bottom, static_cast<float>(y) / static_cast<float>(canvas.side()));
    for (int x = 0; x < canvas.side(); ++x) canvas.at(x, y) = color;
  }
}

void paint_stars(Canvas& canvas, double to, Random& random) {
  const auto count = 8 + random.below(16);
  for (uint64_t i = 0; i < count; ++i) {
    const double x = random.uniform(0, canvas.side()), y = random.uniform(0, to * canvas.side());
    const double r = random.uniform(0.004, 0.012) * canvas.side();
    fill(canvas, {ellipse({x, y}, r, r, 0)}, {255, 250, 220}, 0.9F);
  }
}

// The ground with a slightly wavy edge.
void paint_ground(Canvas& canvas, double horizon, Rgb color, Random& random) {
  const double side = canvas.side(), height = random.uniform(0, 0.04), phase = random.uniform(0, 7);
  Contour contour = {{-1, side + 1}};
  for (int i = 0; i <= 16; ++i) {
    const double x = i / 16.0;
    contour.push_back({x * (side + 2) - 1, (horizon + height * std::sin(phase + 5 * x)) * side});
  }
  contour.push_back({side + 1, side + 1});
  fill(canvas, {contour}, color);
}

// What may be said of the things that are there.
void add_captions(Sample& sample, const Place& place, const std::vector<std::string>& seen, std::string_view time,
                  Random& random) {
  const std::string where = concat(place.preposition, " ", choose(place.names, random));
  const std::string when = time.empty() ? std::string() : concat(" ", time);
  if (seen.empty()) {
    sample.captions.push_back(concat(choose(place.names, random), when));
  } else {
    sample.captions.push_back(concat(seen[0], " ", where, when));
    sample.captions.push_back(seen[0]);
    sample.captions.push_back(concat(listed(seen), when));
    sample.captions.push_back(concat(choose(place.names, random), " with ", listed(seen)));
    sample.captions.push_back(captioned(concat(seen[random.below(seen.size())], " ", where), random));
  }
  sample.captions.push_back(concat("a scene ", where, when));
  sample.captions.emplace_back(choose(place.names, random));
}

}  // namespace

Sample draw_scene(const Things& things, int side_px, Random& random) {
  const Place& place = places()[random.below(places().size())];
  Sample sample{.picture = Canvas(side_px), .captions = {}, .kind = "scene"};
  const bool has_ground = !place.ground_colors.empty();
  const bool night = has_ground && place.names[0] != "a room" && place.preposition != "under" && random.below(5) == 0;
  const double side = side_px, horizon = place.horizon + random.uniform(-0.06, 0.06);
  const NamedColor& sky = find_color(night ? "dark blue" : choose(place.sky_colors, random), "scene");
  const Rgb top = vary(sky, random);
  paint_sky(sample.picture, top, lighter(top, static_cast<float>(night ? 0.1 : random.uniform(0, 0.4))));
  if (night || place.names[0] == "space") paint_stars(sample.picture, std::min(horizon, 1.0), random);
  if (has_ground) {
    const Rgb ground = vary(find_color(choose(place.ground_colors, random), "scene"), random);
    paint_ground(sample.picture, horizon, night ? darker(ground, 0.45F) : ground, random);
  }

  const auto style = random.below(3) == 0 ? DrawingStyle::kOutlined : DrawingStyle::kFlat;
  std::vector<std::string> seen;
  const auto put = [&](const Thing* thing, Point center, double size) {
    if (thing == nullptr) return;
    const Frame frame{.center = center, .size = size, .mirrored = !thing->is_upright && random.below(2) == 0};
    draw_thing(*thing, sample.picture, frame, choose_coat(*thing, style, random), random);
    const std::string phrase = with_article(thing->spoken);
    if (std::find(seen.begin(), seen.end(), phrase) == seen.end()) seen.push_back(phrase);
  };
  const uint64_t num_on_ground = has_ground ? random.below(3) + 1 : 0;
  const uint64_t num_in_sky = has_ground ? random.below(3) : 1 + random.below(2);
  for (uint64_t i = 0; i < num_in_sky; ++i) {
    const Thing* thing = night ? (i == 0 ? choose_thing(things, {"crescent moon", "full moon"}, random) : nullptr)
                               : choose_thing(things, place.in_sky, random);
    const double height = has_ground ? std::min(horizon, 1.0) : 0.95;
    const double size = side * (has_ground ? random.uniform(0.16, 0.3) : random.uniform(0.35, 0.6));
    const double slot = (static_cast<double>(i) + 0.5) / static_cast<double>(num_in_sky);
    put(thing, {side * (slot + random.uniform(-0.1, 0.1)), side * height * random.uniform(0.25, 0.6)}, size);
  }
  const size_t num_seen_in_sky = seen.size();
  for (uint64_t i = 0; i < num_on_ground; ++i) {
    const Thing* thing = choose_thing(things, place.on_ground, random);
    const double size = side * random.uniform(0.34, 0.6) / (num_on_ground > 2 ? 1.5 : 1);
    const double slot = (static_cast<double>(i) + 0.5) / static_cast<double>(num_on_ground);
    const double foot = side * random.uniform(horizon + 0.04, std::max(horizon + 0.06, 0.96));
    put(thing, {side * (slot + random.uniform(-0.06, 0.06)), foot - size / 2}, size);
  }
  // What stands on the ground is what the picture is of.
  std::rotate(seen.begin(), seen.begin() + static_cast<ptrdiff_t>(num_seen_in_sky), seen.end());
  add_captions(sample, place, seen, night ? "at night" : "", random);
  return sample;
}

}  // namespace clipkit::emoji
