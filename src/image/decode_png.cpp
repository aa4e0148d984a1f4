// PNG through libpng, in the modes that Pillow 9.4 opens it in.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "image/decode.h"
#include "image/orientation.h"

namespace clipkit {

namespace {

// Where libpng reads from and what it said last. It leaves by longjmp; see decode_jpeg.cpp.
struct PngState {
  std::span<const std::byte> rest;
  jmp_buf failed;
  char message[128];
  bool truncated;
};

[[noreturn]] void give_up(png_structp png, png_const_charp message) {
  auto& state = *static_cast<PngState*>(png_get_error_ptr(png));
  std::snprintf(state.message, sizeof state.message, "%s", message);
  std::longjmp(state.failed, 1);
}

void ignore_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto& state = *static_cast<PngState*>(png_get_io_ptr(png));
  if (count > state.rest.size()) {
    state.truncated = true;
    png_error(png, "truncated");
  }
  std::memcpy(to, state.rest.data(), count);
  state.rest = state.rest.subspan(count);
}

// Owns libpng's structures.
class PngReader {
 public:
  explicit PngReader(const DecodeJob& job) : job_(job) {
    state_.rest = job.bytes;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, give_up, ignore_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail(ErrorCode::kOutOfMemory, job.name, ": no memory to read a PNG file");
    }
    png_set_read_fn(png_, &state_, read_bytes);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() const noexcept { return png_; }
  png_infop info() const noexcept { return info_; }

  // Runs steps of libpng; what makes it give up becomes an Error. `steps` may own nothing.
  template <class Steps>
  [[gnu::noinline]] void guarded(const Steps& steps) {
    if (setjmp(state_.failed) == 0) {
      steps();
      return;
    }
    if (state_.truncated) fail_truncated(job_, "PNG");
    fail(ErrorCode::kCorrupt, job_.name, ": damaged PNG: ", static_cast<const char*>(state_.message));
  }

 private:
  const DecodeJob& job_;
  PngState state_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

ImageMode mode_of(int color_type, int bit_depth) {
  switch (color_type) {
    case PNG_COLOR_TYPE_PALETTE:
      return ImageMode::kPalette;
    case PNG_COLOR_TYPE_GRAY:
      return bit_depth == 1 ? ImageMode::kBit : bit_depth == 16 ? ImageMode::kGray32 : ImageMode::kGray;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return ImageMode::kGrayAlpha;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return ImageMode::kRgba;
    default:
      return ImageMode::kRgb;
  }
}

// Big-endian 16-bit samples, which lie in the second half of the row, become int32. In order from the left no sample is
// overwritten before it is read.
void widen_row(uint8_t* row, int width) {
  const uint8_t* from = row + size_t{2} * static_cast<size_t>(width);
  for (int x = 0; x < width; ++x, from += 2) {
    const int32_t value = from[0] << 8 | from[1];
    std::memcpy(row + size_t{4} * static_cast<size_t>(x), &value, 4);
  }
}

// Found here and not by libpng, which would take as much memory as the chunk claims to need.
int orientation_of(std::span<const std::byte> file) {
  constexpr size_t kSignatureBytes = 8, kChunkOverhead = 12;  // length, name; check sum behind the data
  for (size_t at = kSignatureBytes; file.size() - at >= kChunkOverhead;) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<size_t>(file[at + i]);
    if (length > file.size() - at - kChunkOverhead) break;
    if (std::memcmp(file.data() + at + 4, "eXIf", 4) == 0) return read_orientation(file.subspan(at + 8, length));
    at += length + kChunkOverhead;
  }
  return 1;
}

}  // namespace

Image decode_png(const DecodeJob& job) {
  PngReader reader(job);
  png_struct* const png = reader.png();
  png_info* const info = reader.info();
  reader.guarded([&] {
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // max_pixels is our limit
    // Texts and colour descriptions change no pixel here, and unpacking them is work that a file could abuse.
    static const png_byte kSkipped[] =
        "tEXt\0zTXt\0iTXt\0iCCP\0sPLT\0gAMA\0cHRM\0sRGB\0hIST\0pCAL\0sCAL\0bKGD\0sBIT\0eXIf";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kSkipped, sizeof kSkipped / 5);
    png_read_info(png, info);
  });
  const int color_type = png_get_color_type(png, info), bit_depth = png_get_bit_depth(png, info);
  Image image =
      new_image(job, mode_of(color_type, bit_depth), png_get_image_width(png, info), png_get_image_height(png, info));

  const bool wide_gray = image.mode == ImageMode::kGray32;
  const size_t row_bytes = image.pixels.size() / static_cast<size_t>(image.height);
  std::vector<png_bytep> row_vector(static_cast<size_t>(image.height));
  for (size_t y = 0; y < row_vector.size(); ++y) {
    row_vector[y] = image.pixels.data() + y * row_bytes + (wide_gray ? row_bytes / 2 : 0);
  }
  png_byte** const rows = row_vector.data();
  reader.guarded([&] {
    if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_packing(png);
    if (color_type == PNG_COLOR_TYPE_GRAY && bit_depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (bit_depth == 16 && !wide_gray) png_set_strip_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (wide_gray ? row_bytes / 2 : row_bytes)) png_error(png, "unexpected row size");
    png_read_image(png, rows);
    png_read_end(png, info);
  });
  if (wide_gray) {
    for (size_t y = 0; y < row_vector.size(); ++y) widen_row(image.pixels.data() + y * row_bytes, image.width);
  }
  if (image.mode == ImageMode::kPalette) {
    png_colorp colors = nullptr;
    int num_colors = 0;
    png_get_PLTE(png, info, &colors, &num_colors);
    for (int i = 0; i < num_colors; ++i) {
      image.palette.insert(image.palette.end(), {colors[i].red, colors[i].green, colors[i].blue});
    }
  }
  return job.options.honour_orientation ? turn_upright(std::move(image), orientation_of(job.bytes)) : image;
}

}  // namespace clipkit
