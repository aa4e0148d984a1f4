#pragma once

#include "base/random.h"
#include "sample.h"
#include "things.h"

namespace clipkit::emoji {

// Places as children draw them: a meadow under the sun, the sea with a boat, a street at night, with things that
// belong there.
Sample draw_scene(const Things& things, int side_px, Random& random);

}  // namespace clipkit::emoji
