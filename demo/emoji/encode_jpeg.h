#pragma once

#include <string>

#include "clipkit/image.h"

namespace clipkit::emoji {

// An RGB picture as JPEG, the colours as fine as the brightness (4:4:4): edges of pure colours stay clean. quality 1 to
// 100. Errors: kOutOfMemory.
std::string encode_jpeg(const Image& rgb, int quality);

}  // namespace clipkit::emoji
