#pragma once

#include <string>
#include <string_view>

#include "clipkit/image.h"

namespace clipkit {

// The bytes of a PNG file. name begins every message.
// Errors: kInvalidArgument for other modes than L, LA, RGB and RGBA; kOutOfMemory.
std::string encode_png(const Image& image, std::string_view name);

}  // namespace clipkit
