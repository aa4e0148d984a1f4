#pragma once

#include <string_view>

#include "base/random.h"
#include "clipkit/image.h"

namespace clipkit {

// Writes a word across an RGB picture, or several in lines: as large as its width allows and at most a sixth of the
// height a line, in a place and a colour that random decides, with an outline that keeps it readable on anything.
// Characters beyond ASCII become '?'.
void write_word(Image& rgb, std::string_view word, Random& random);

}  // namespace clipkit
