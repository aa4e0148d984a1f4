#pragma once

#include "base/random.h"
#include "sample.h"
#include "things.h"

namespace clipkit::emoji {

// Signs and buttons: a thing or a few letters within a shape: "a star in a red circle", "the letters GO on a blue
// square".
Sample draw_badge(const Things& things, int side_px, Random& random);

}  // namespace clipkit::emoji
