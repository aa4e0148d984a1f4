#include "encode_jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE and size_t before it.
#include <jpeglib.h>

#include "base/check.h"

namespace clipkit::emoji {

namespace {

// libjpeg leaves by longjmp; nothing with a destructor lives between setjmp and longjmp.
struct Errors {
  jpeg_error_mgr manager;
  jmp_buf failed;
};

[[noreturn]] void give_up(j_common_ptr codec) {
  std::longjmp(reinterpret_cast<Errors*>(codec->err)->failed, 1);
}

[[gnu::noinline]] bool encode(const Image& rgb, int quality, unsigned char** bytes, unsigned long* count) {
  jpeg_compress_struct codec;
  Errors errors;
  codec.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = give_up;
  if (setjmp(errors.failed) != 0) {
    jpeg_destroy_compress(&codec);
    return false;
  }
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, bytes, count);
  codec.image_width = static_cast<JDIMENSION>(rgb.width);
  codec.image_height = static_cast<JDIMENSION>(rgb.height);
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&codec, TRUE);
  for (int y = 0; y < rgb.height; ++y) {
    auto* row = const_cast<JSAMPROW>(rgb.pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(rgb.width) * 3);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  return true;
}

}  // namespace

std::string encode_jpeg(const Image& rgb, int quality) {
  CLIPKIT_CHECK(rgb.mode == ImageMode::kRgb, "a picture of mode ", to_string(rgb.mode), " as JPEG, expected RGB");
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const bool encoded = encode(rgb, quality, &bytes, &count);
  std::string out(reinterpret_cast<const char*>(bytes), encoded ? count : 0);
  std::free(bytes);
  if (!encoded) fail(ErrorCode::kOutOfMemory, "cannot encode a picture as JPEG");
  return out;
}

}  // namespace clipkit::emoji
