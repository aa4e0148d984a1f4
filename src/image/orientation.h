#pragma once

#include <cstddef>
#include <span>

#include "clipkit/image.h"

namespace clipkit {

// How a picture is stored, EXIF 2.3 tag 0x0112: 1 upright, 2 mirrored left-right, 3 turned by 180 degrees, 4 mirrored
// top-bottom, 5 mirrored along the main diagonal, 6 to be turned clockwise by 90 degrees, 7 mirrored along the other
// diagonal, 8 to be turned counter-clockwise.
// exif: the TIFF structure, with or without "Exif\0\0" before it. Anything that cannot be read means 1: a picture is
// worth more than its annotations.
int read_orientation(std::span<const std::byte> exif) noexcept;

// The picture upright, given how it is stored.
Image turn_upright(Image image, int orientation);

}  // namespace clipkit
