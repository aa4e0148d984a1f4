#include "image/encode_png.h"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <exception>
#include <string>

#include "base/check.h"
#include "base/file_writer.h"
#include "clipkit/image.h"
#include "image/resize.h"

namespace clipkit {

namespace {

// libpng leaves by longjmp; nothing with a destructor lives between setjmp and longjmp.
struct PngOutput {
  std::string* out;
  jmp_buf failed;
  char message[128];
};

[[noreturn]] void give_up_encoding(png_structp png, png_const_charp message) {
  auto& state = *static_cast<PngOutput*>(png_get_error_ptr(png));
  std::snprintf(state.message, sizeof state.message, "%s", message);
  std::longjmp(state.failed, 1);
}

void keep_quiet(png_structp, png_const_charp) {}

void append_bytes(png_structp png, png_bytep data, size_t count) {
  try {
    static_cast<PngOutput*>(png_get_io_ptr(png))->out->append(reinterpret_cast<const char*>(data), count);
    return;
  } catch (const std::exception&) {  // must not pass through C
  }
  png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

int color_type_of(ImageMode mode) {
  switch (mode) {
    case ImageMode::kGray:
      return PNG_COLOR_TYPE_GRAY;
    case ImageMode::kGrayAlpha:
      return PNG_COLOR_TYPE_GRAY_ALPHA;
    case ImageMode::kRgb:
      return PNG_COLOR_TYPE_RGB;
    case ImageMode::kRgba:
      return PNG_COLOR_TYPE_RGB_ALPHA;
    default:
      return -1;
  }
}

// False with state.message if libpng gave up.
[[gnu::noinline]] bool encode(const Image& image, int color_type, PngOutput& state, png_structp png, png_infop info) {
  if (setjmp(state.failed) != 0) return false;
  png_set_write_fn(png, &state, append_bytes, flush_nothing);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8, color_type,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const size_t row_bytes = static_cast<size_t>(image.width) * pixel_bytes(image.mode);
  for (int y = 0; y < image.height; ++y) png_write_row(png, image.pixels.data() + static_cast<size_t>(y) * row_bytes);
  png_write_end(png, info);
  return true;
}

}  // namespace

std::string encode_png(const Image& image, std::string_view name) {
  const int color_type = color_type_of(image.mode);
  CLIPKIT_CHECK(color_type >= 0, name, ": a picture of mode ", to_string(image.mode),
                " as PNG, expected L, LA, RGB or RGBA");
  CLIPKIT_CHECK(image.width > 0 && image.height > 0 &&
                    image.pixels.size() ==
                        static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * pixel_bytes(image.mode),
                name, ": ", image.width, " x ", image.height, " pixels do not fit ", image.pixels.size(),
                " bytes of mode ", to_string(image.mode));
  std::string out;
  PngOutput state{};
  state.out = &out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, give_up_encoding, keep_quiet);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  const bool written = info != nullptr && encode(image, color_type, state, png, info);
  png_destroy_write_struct(&png, &info);
  if (!written) fail(ErrorCode::kOutOfMemory, name, ": cannot encode as PNG: ", state.message);
  return out;
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_file(path, encode_png(image, path.string()));
}

}  // namespace clipkit
