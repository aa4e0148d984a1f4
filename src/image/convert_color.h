#pragma once

#include "clipkit/image.h"

namespace clipkit {

// The picture in 8-bit RGB, as Pillow's convert("RGB"): alpha is dropped and not blended, palette entries are looked up
// (missing ones are black), 32-bit grey is clamped to 0 ... 255, ink is subtracted from white (no colour profile).
Image convert_to_rgb(const Image& image);

}  // namespace clipkit
