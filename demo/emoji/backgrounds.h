#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "canvas.h"

namespace clipkit::emoji {

// Paints the canvas with a colour, a gradient, a pattern or a texture, and says with what: "on a red background",
// "on blue and white stripes". None of the colours is close to `avoid`, a named colour or "".
std::string paint_background(Canvas& canvas, std::string_view avoid, Random& random);

// What a camera or a scan adds: other brightness and contrast, a light from one side, noise.
void disturb(Canvas& canvas, Random& random);

}  // namespace clipkit::emoji
