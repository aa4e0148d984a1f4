#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/export.h"

namespace clipkit {

// The native mode of a decoded picture, in Pillow's terms. It decides how the picture is resized and what conversion to
// RGB means, see src/image/resize.h and convert_color.h.
enum class ImageMode : uint8_t {
  kBit,        // "1":    1 channel, 0 or 255
  kGray,       // "L":    1 channel
  kGrayAlpha,  // "LA":   2 channels
  kPalette,    // "P":    1 channel of indices into the palette
  kRgb,        // "RGB":  3 channels
  kRgba,       // "RGBA": 4 channels
  kCmyk,       // "CMYK": 4 channels, Adobe's inversion already undone
  kGray32,     // "I":    1 channel of int32, 0 to 65535
};

CLIPKIT_API const char* to_string(ImageMode mode) noexcept;  // "RGB", "LA", ...
CLIPKIT_API int num_channels(ImageMode mode) noexcept;
CLIPKIT_API int bytes_per_sample(ImageMode mode) noexcept;  // 4 for kGray32, 1 otherwise

// A decoded picture: rows from the top, channels interleaved, no padding.
struct Image {
  ImageMode mode = ImageMode::kRgb;
  int width = 0, height = 0;       // px
  std::vector<uint8_t> pixels{};   // height * width * num_channels * bytes_per_sample
  std::vector<uint8_t> palette{};  // kPalette only: RGB triples; missing entries are black
};

struct DecodeOptions {
  // Pictures with more pixels are refused from their header, before anything is allocated for them.
  int64_t max_pixels = int64_t{128} << 20;
  // Turn the picture upright as its EXIF data say. Off by default, as in the reference.
  bool honour_orientation = false;
  // JPEG only: decode at a half, a quarter or an eighth of the size (2, 4, 8), rounded up, which is faster and no
  // longer the reference's samples.
  int jpeg_shrink = 1;
};

// Whether a file that begins with these bytes (kPictureHeadBytes of them, or all it has) is of a format that
// decode_image knows.
inline constexpr size_t kPictureHeadBytes = 16;
CLIPKIT_API bool is_picture(std::span<const std::byte> head) noexcept;

// Decodes the first frame of a JPEG, PNG, WebP, GIF, BMP or PPM/PGM/PBM picture, told apart by content. The samples are
// those of Pillow 9.4; gamma, colour profiles and pixel aspect are ignored, as there. name begins every message.
// Errors: kUnsupported (unknown format or variant, too many pixels), kCorrupt (damaged; a file that ends early is never
// half a picture, its message says "truncated"), kOutOfMemory. Thread-safe.
CLIPKIT_API Image decode_image(std::span<const std::byte> bytes, std::string_view name,
                               const DecodeOptions& options = {});

// The same from a file. Further errors: kNotFound, kIo.
CLIPKIT_API Image read_image(const std::filesystem::path& path, const DecodeOptions& options = {});

// 8-bit grey, grey+alpha, RGB or RGBA as the bytes of a PNG file. name begins every message. Errors: kInvalidArgument.
CLIPKIT_API std::string encode_png(const Image& image, std::string_view name = "picture");
// Writes it, replacing the file in one step.
CLIPKIT_API void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace clipkit
