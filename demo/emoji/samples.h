#pragma once

#include <cstdint>
#include <vector>

#include "sample.h"
#include "things.h"

namespace clipkit::emoji {

// Which sequence of samples: none shares a random number with another.
enum class Split : uint32_t { kTrain = 0, kValidation = 1, kHeldBack = 2 };

// Makes pictures with captions. Sample i depends on seed, split and i alone. Thread-safe.
class SampleMaker {
 public:
  // things must outlive this. side_px: width and height of the pictures.
  SampleMaker(const Things& things, uint64_t seed, int side_px);

  Sample make(Split split, uint64_t index) const;

  // How a held-back emoji is shown.
  enum class Rendering : uint8_t {
    kPlain,    // alone on white
    kNoAlpha,  // filling a black picture, as when a reader drops the transparency of a PNG file
    kVaried,   // as in training; `variant` gives another each time
  };
  // Captions are the name and the spoken name.
  Sample show(const Thing& thing, Rendering rendering, uint64_t variant) const;

 private:
  const Thing& choose_emoji(Random& random) const;
  const Thing& choose_countable(Random& random) const;
  Sample draw_emoji(Random& random) const;
  Sample draw_drawing(Random& random) const;
  Sample draw_count(Random& random) const;
  Sample draw_group(Random& random) const;

  Frame whole_picture() const { return {.center = {side_px_ / 2.0, side_px_ / 2.0}, .size = 1.0 * side_px_}; }

  const Things& things_;
  uint64_t seed_;
  int side_px_;
  std::vector<double> emoji_ends_;  // running sums of the weights
  std::vector<const Thing*> countable_emoji_;
  std::vector<const Thing*> shapes_;
};

}  // namespace clipkit::emoji
