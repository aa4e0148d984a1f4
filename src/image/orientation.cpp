#include "image/orientation.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "image/resize.h"

namespace clipkit {

int read_orientation(std::span<const std::byte> exif) noexcept {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  constexpr size_t kEntryBytes = 12;
  constexpr uint32_t kOrientationTag = 0x0112, kShort = 3, kLong = 4;
  std::string_view data(reinterpret_cast<const char*>(exif.data()), exif.size());
  if (data.starts_with(kPrefix)) data.remove_prefix(kPrefix.size());
  if (data.size() < 8) return 1;
  const bool big_endian = data.starts_with("MM");
  if (!big_endian && !data.starts_with("II")) return 1;
  const auto number = [&](size_t at, size_t bytes) {  // the caller has checked the bounds
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      value = value << 8 | static_cast<uint8_t>(data[at + (big_endian ? i : bytes - 1 - i)]);
    }
    return value;
  };
  if (number(2, 2) != 42) return 1;
  const size_t directory = number(4, 4);
  if (directory > data.size() - 2) return 1;
  const size_t num_entries = number(directory, 2);
  for (size_t i = 0; i < num_entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > data.size()) return 1;
    if (number(entry, 2) != kOrientationTag) continue;
    const uint32_t type = number(entry + 2, 2);
    if ((type != kShort && type != kLong) || number(entry + 4, 4) != 1) return 1;
    const uint32_t value = number(entry + 8, type == kShort ? 2 : 4);
    return 1 <= value && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image turn_upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  // Where the stored rows and columns come from: sides swapped, then each mirrored or not.
  const bool swap = orientation >= 5;
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out = like(image, swap ? image.height : image.width, swap ? image.width : image.height);
  const size_t pixel = pixel_bytes(image.mode);
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x, to += pixel) {
      int from_x = swap ? y : x, from_y = swap ? x : y;
      if (mirror_x) from_x = image.width - 1 - from_x;
      if (mirror_y) from_y = image.height - 1 - from_y;
      const auto from = static_cast<size_t>(from_y) * static_cast<size_t>(image.width) + static_cast<size_t>(from_x);
      std::memcpy(to, image.pixels.data() + from * pixel, pixel);
    }
  }
  return out;
}

}  // namespace clipkit
