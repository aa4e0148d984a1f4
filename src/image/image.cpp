#include "clipkit/image.h"

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/mapped_file.h"
#include "image/decode.h"
#include "image/resize.h"

namespace clipkit {

namespace {

struct Format {
  Image (*decode)(const DecodeJob&);
  const char* extension;
};

// The format that the content looks like; null if it looks like nothing we know.
const Format* find_format(std::span<const std::byte> head) noexcept {
  static constexpr Format kJpeg{decode_jpeg, "jpg"}, kPng{decode_png, "png"}, kGif{decode_gif, "gif"},
      kWebp{decode_webp, "webp"}, kBmp{decode_bmp, "bmp"}, kPnm{decode_pnm, "ppm"};
  const std::string_view text(reinterpret_cast<const char*>(head.data()), std::min(head.size(), kPictureHeadBytes));
  if (text.starts_with("\xFF\xD8\xFF")) return &kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return &kPng;
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return &kGif;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return &kWebp;
  // "BM" alone begins many a text; the size of the second header, at byte 14, is one of a few.
  if (text.starts_with("BM") && text.size() >= 16 && text[15] == 0 &&
      std::string_view("\x0C\x28\x34\x38\x40\x6C\x7C").find(text[14]) != std::string_view::npos) {
    return &kBmp;
  }
  if (text.size() >= 3 && text[0] == 'P' && '1' <= text[1] && text[1] <= '6' &&
      std::string_view(" \t\n\v\f\r").find(text[2]) != std::string_view::npos) {
    return &kPnm;
  }
  return nullptr;
}

}  // namespace

const char* to_string(ImageMode mode) noexcept {
  switch (mode) {
    case ImageMode::kBit:
      return "1";
    case ImageMode::kGray:
      return "L";
    case ImageMode::kGrayAlpha:
      return "LA";
    case ImageMode::kPalette:
      return "P";
    case ImageMode::kRgb:
      return "RGB";
    case ImageMode::kRgba:
      return "RGBA";
    case ImageMode::kCmyk:
      return "CMYK";
    case ImageMode::kGray32:
      return "I";
  }
  return "unknown";
}

int num_channels(ImageMode mode) noexcept {
  switch (mode) {
    case ImageMode::kGrayAlpha:
      return 2;
    case ImageMode::kRgb:
      return 3;
    case ImageMode::kRgba:
    case ImageMode::kCmyk:
      return 4;
    default:
      return 1;
  }
}

int bytes_per_sample(ImageMode mode) noexcept {
  return mode == ImageMode::kGray32 ? 4 : 1;
}

bool is_picture(std::span<const std::byte> head) noexcept {
  return find_format(head) != nullptr;
}

const char* picture_extension(std::span<const std::byte> head) noexcept {
  const Format* format = find_format(head);
  return format != nullptr ? format->extension : nullptr;
}

Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options) {
  const Format* format = find_format(bytes);
  if (format == nullptr) {
    fail(ErrorCode::kUnsupported, name, ": ", bytes.empty() ? "the file is empty" : "not a picture of a known format",
         ", expected JPEG, PNG, WebP, GIF, BMP, PBM, PGM or PPM");
  }
  return format->decode({bytes, name, options});
}

Image read_image(const std::filesystem::path& path, const DecodeOptions& options) {
  const auto file = MappedFile::open(path);
  return decode_image(file->bytes(), path.string(), options);
}

void check_max_pixels(const DecodeJob& job, int64_t width, int64_t height) {
  if (height > 0 && width > job.options.max_pixels / height) {
    fail(ErrorCode::kUnsupported, job.name, ": ", width, " x ", height, " pixels, at most ", job.options.max_pixels,
         " in all are allowed (max_pixels)");
  }
}

Image new_image(const DecodeJob& job, ImageMode mode, int64_t width, int64_t height) {
  constexpr int64_t kMaxSide = (int64_t{1} << 31) - 1;
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    fail(ErrorCode::kCorrupt, job.name, ": a picture of ", width, " x ", height, " pixels");
  }
  check_max_pixels(job, width, height);
  try {
    Image empty;
    empty.mode = mode;
    return like(empty, width, height);
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::kOutOfMemory, job.name, ": no memory for ", width, " x ", height, " pixels");
  }
}

void fail_truncated(const DecodeJob& job, std::string_view format) {
  fail(ErrorCode::kCorrupt, job.name, ": the ", format, " file is truncated: it ends before its picture does (",
       job.bytes.size(), " bytes)");
}

}  // namespace clipkit
