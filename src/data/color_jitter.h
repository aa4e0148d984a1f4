#pragma once

#include "base/random.h"
#include "clipkit/image.h"

namespace clipkit {

// How far colours may be changed; see open_clip's color_jitter.
struct ColorJitter {
  double brightness = 0, contrast = 0, saturation = 0;  // factors are drawn from [max(0, 1 - x), 1 + x]
  double hue = 0;                                       // at most 0.5; turns are drawn from [-x, x]
  double probability = 0;                               // that a picture is changed at all
  double gray_probability = 0;                          // that it then loses its colours
};

// Errors: kInvalidArgument for negative strengths, hue above 0.5, probabilities outside 0 to 1.
void check(const ColorJitter& jitter);

// Changes an 8-bit RGB picture as torchvision's ColorJitter and Grayscale do with Pillow: the four changes in a random
// order, each rounded to 8 bits.
void jitter_colors(Image& image, const ColorJitter& jitter, Random& random);

// The changes one by one.
void adjust_brightness(Image& image, double factor);
void adjust_contrast(Image& image, double factor);
void adjust_saturation(Image& image, double factor);
void adjust_hue(Image& image, double turns);
void drop_colors(Image& image);

}  // namespace clipkit
