// WebP through libwebp. The container (RIFF) is walked here: that finds the first frame of an animation and the EXIF
// data.
#include <webp/decode.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "image/decode.h"
#include "image/orientation.h"

namespace clipkit {

namespace {

constexpr size_t kRiffHeaderBytes = 12, kChunkHeaderBytes = 8;
constexpr size_t kCanvasBytes = 10;  // payload of VP8X: flags, 3 reserved, width - 1 and height - 1 in 24 bits
constexpr size_t kFrameBytes = 16;   // head of ANMF: x / 2, y / 2, width - 1, height - 1, duration, flags
constexpr uint8_t kAnimationFlag = 0x02, kAlphaFlag = 0x10;

uint32_t little_endian(std::span<const std::byte> bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

struct Contents {
  std::span<const std::byte> picture;  // what libwebp decodes
  bool animated = false, canvas_has_alpha = false;
  uint32_t canvas_width = 0, canvas_height = 0;  // animated only, px
  uint32_t x = 0, y = 0;                         // of the first frame on the canvas, px
  std::span<const std::byte> exif;
};

// Errors: kCorrupt for a file shorter than it says, or an animation without a frame.
Contents read_container(const DecodeJob& job) {
  Contents contents;
  if (job.bytes.size() < kRiffHeaderBytes) fail_truncated(job, "WebP");
  const size_t end = size_t{little_endian(job.bytes, 4, 4)} + kChunkHeaderBytes;
  if (end > job.bytes.size()) fail_truncated(job, "WebP");
  const auto riff = job.bytes.first(std::max(end, kRiffHeaderBytes));
  contents.picture = riff;
  for (size_t at = kRiffHeaderBytes; riff.size() - at >= kChunkHeaderBytes;) {
    const std::string_view name(reinterpret_cast<const char*>(riff.data() + at), 4);
    const size_t size = little_endian(riff, at + 4, 4);
    at += kChunkHeaderBytes;
    if (size > riff.size() - at) fail_truncated(job, "WebP");
    const auto payload = riff.subspan(at, size);
    if (name == "VP8X" && size >= kCanvasBytes) {
      const uint32_t flags = little_endian(payload, 0, 1);
      contents.animated = (flags & kAnimationFlag) != 0;
      contents.canvas_has_alpha = (flags & kAlphaFlag) != 0;
      contents.canvas_width = little_endian(payload, 4, 3) + 1;
      contents.canvas_height = little_endian(payload, 7, 3) + 1;
      if (contents.animated) contents.picture = {};
    } else if (name == "ANMF" && contents.animated && contents.picture.empty() && size > kFrameBytes) {
      contents.x = 2 * little_endian(payload, 0, 3);
      contents.y = 2 * little_endian(payload, 3, 3);
      contents.picture = payload.subspan(kFrameBytes);
    } else if (name == "EXIF") {
      contents.exif = payload;
    }
    at += std::min(size + size % 2, riff.size() - at);  // chunks are padded to even sizes
  }
  if (contents.picture.empty()) fail(ErrorCode::kCorrupt, job.name, ": an animated WebP file without a frame");
  return contents;
}

void check(const DecodeJob& job, VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK:
      return;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      fail_truncated(job, "WebP");
    case VP8_STATUS_OUT_OF_MEMORY:
      fail(ErrorCode::kOutOfMemory, job.name, ": no memory to decode the WebP picture");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      fail(ErrorCode::kUnsupported, job.name, ": a WebP picture with a feature that libwebp does not support");
    default:
      fail(ErrorCode::kCorrupt, job.name, ": damaged WebP (libwebp's status ", static_cast<int>(status), ")");
  }
}

}  // namespace

Image decode_webp(const DecodeJob& job) {
  const Contents contents = read_container(job);
  const auto* data = reinterpret_cast<const uint8_t*>(contents.picture.data());
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  check(job, WebPGetFeatures(data, contents.picture.size(), &config.input));
  const auto frame_width = static_cast<uint32_t>(config.input.width),
             frame_height = static_cast<uint32_t>(config.input.height);

  const bool has_alpha = contents.animated ? contents.canvas_has_alpha : config.input.has_alpha != 0;
  const uint32_t width = contents.animated ? contents.canvas_width : frame_width;
  const uint32_t height = contents.animated ? contents.canvas_height : frame_height;
  if (contents.x > width || frame_width > width - contents.x || contents.y > height ||
      frame_height > height - contents.y) {
    fail(ErrorCode::kCorrupt, job.name, ": a WebP frame of ", frame_width, " x ", frame_height, " pixels at (",
         contents.x, ", ", contents.y, ") does not fit its canvas of ", width, " x ", height);
  }
  // What the first frame does not cover is transparent black.
  Image image = new_image(job, has_alpha ? ImageMode::kRgba : ImageMode::kRgb, width, height);
  const size_t pixel = static_cast<size_t>(num_channels(image.mode));
  const size_t stride = image.pixels.size() / static_cast<size_t>(image.height);
  const size_t offset = contents.y * stride + contents.x * pixel;
  config.output.colorspace = has_alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data() + offset;
  config.output.u.RGBA.stride = static_cast<int>(stride);
  config.output.u.RGBA.size = image.pixels.size() - offset;
  check(job, WebPDecode(data, contents.picture.size(), &config));
  return job.options.honour_orientation ? turn_upright(std::move(image), read_orientation(contents.exif)) : image;
}

}  // namespace clipkit
