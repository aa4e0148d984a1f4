#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "clipkit/image.h"

namespace clipkit {

// What one decoder needs to know.
struct DecodeJob {
  std::span<const std::byte> bytes;  // the whole file
  std::string_view name;             // begins every message
  DecodeOptions options;
};

// Each reads the first frame in its native mode and turns it upright if that is asked for.
// Errors: kCorrupt, kUnsupported, kOutOfMemory, as decode_image.
Image decode_jpeg(const DecodeJob& job);
Image decode_png(const DecodeJob& job);
Image decode_webp(const DecodeJob& job);
Image decode_gif(const DecodeJob& job);
Image decode_bmp(const DecodeJob& job);
Image decode_pnm(const DecodeJob& job);

// "jpg", "png", ... for a file that begins so (kPictureHeadBytes of it); null for formats that decode_image does not
// know.
const char* picture_extension(std::span<const std::byte> head) noexcept;

// The size that a JPEG's header gives, px; 0 x 0 for files of other formats. Errors: as decode_jpeg.
struct PictureSize {
  int64_t width = 0, height = 0;
};
PictureSize jpeg_size(const DecodeJob& job);

// Errors: kUnsupported for a picture of more than max_pixels.
void check_max_pixels(const DecodeJob& job, int64_t width, int64_t height);

// A picture of zeros. Call it with the header's size before any other memory is taken for the picture.
// Errors: kCorrupt for an empty picture, kUnsupported for more than max_pixels, kOutOfMemory.
Image new_image(const DecodeJob& job, ImageMode mode, int64_t width, int64_t height);

// Throws: the file ends before its picture does.
[[noreturn]] void fail_truncated(const DecodeJob& job, std::string_view format);

}  // namespace clipkit
