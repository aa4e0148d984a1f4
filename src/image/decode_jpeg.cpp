// JPEG through libjpeg(-turbo), set up as Pillow sets it up: accurate integer DCT, smooth chroma upsampling, inverted
// CMYK.
#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE and size_t before it
#include <cstring>
#include <string_view>
#include <utility>

#include <jpeglib.h>

#include <jerror.h>

#include "base/check.h"
#include "image/decode.h"
#include "image/orientation.h"

namespace clipkit {

namespace {

// A picture needs a dozen scans. A file can ask for thousands, each of which walks the whole picture.
constexpr int kMaxScans = 500;

// libjpeg's error handler with what we need beside it. libjpeg leaves by longjmp; between setjmp and longjmp there are
// only its own frames and lambdas without destructors.
struct JpegState {
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  bool truncated;
};

JpegState& state_of(j_common_ptr jpeg) {
  return *static_cast<JpegState*>(jpeg->client_data);
}

[[noreturn]] void give_up(j_common_ptr jpeg) {
  JpegState& state = state_of(jpeg);
  jpeg->err->format_message(jpeg, state.message);
  std::longjmp(state.failed, 1);
}

// libjpeg goes on after damage, with grey or garbage. Where pixels are lost we do not; stray bytes between segments and
// odd headers, which many cameras write, are let pass.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
      state_of(jpeg).truncated = true;
      give_up(jpeg);
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      give_up(jpeg);
    default:
      ++jpeg->err->num_warnings;
  }
}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMaxScans) {
    ERREXIT(jpeg, JERR_BAD_PROGRESSION);
  }
}

// Owns the decompressor.
class JpegReader {
 public:
  explicit JpegReader(const DecodeJob& job) : job_(job) {
    jpeg_.err = jpeg_std_error(&state_.errors);
    jpeg_.client_data = &state_;
    state_.errors.error_exit = give_up;
    state_.errors.emit_message = on_message;
    state_.progress.progress_monitor = on_progress;
    guarded([this] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.progress = &state_.progress;
    });
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  jpeg_decompress_struct& jpeg() noexcept { return jpeg_; }

  // Runs steps of libjpeg; what makes it give up becomes an Error. `steps` may own nothing.
  template <class Steps>
  [[gnu::noinline]] void guarded(const Steps& steps) {
    if (setjmp(state_.failed) == 0) {
      steps();
      return;
    }
    if (state_.truncated) fail_truncated(job_, "JPEG");
    fail(ErrorCode::kCorrupt, job_.name, ": damaged JPEG: ", static_cast<const char*>(state_.message));
  }

 private:
  const DecodeJob& job_;
  JpegState state_{};
  jpeg_decompress_struct jpeg_{};
};

int orientation_of(const jpeg_decompress_struct& jpeg) {
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::span data(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
    const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (marker->marker == JPEG_APP0 + 1 && text.starts_with("Exif")) return read_orientation(data);
  }
  return 1;
}

}  // namespace

PictureSize jpeg_size(const DecodeJob& job) {
  if (job.bytes.size() < 3 || std::memcmp(job.bytes.data(), "\xFF\xD8\xFF", 3) != 0) return {};
  JpegReader reader(job);
  jpeg_decompress_struct& jpeg = reader.jpeg();
  reader.guarded([&] {
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(job.bytes.data()), job.bytes.size());
    jpeg_read_header(&jpeg, TRUE);
  });
  return {jpeg.image_width, jpeg.image_height};
}

Image decode_jpeg(const DecodeJob& job) {
  const int shrink = job.options.jpeg_shrink;
  CLIPKIT_CHECK(shrink == 1 || shrink == 2 || shrink == 4 || shrink == 8, job.name, ": jpeg_shrink is ", shrink,
                ", expected 1, 2, 4 or 8");
  JpegReader reader(job);
  jpeg_decompress_struct& jpeg = reader.jpeg();
  reader.guarded([&] {
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(job.bytes.data()), job.bytes.size());
    if (job.options.honour_orientation) jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&jpeg, TRUE);
  });
  check_max_pixels(job, jpeg.image_width, jpeg.image_height);
  const int orientation = orientation_of(jpeg);  // libjpeg drops the markers at the end

  ImageMode mode;
  switch (jpeg.num_components) {
    case 1:
      mode = ImageMode::kGray;
      jpeg.out_color_space = JCS_GRAYSCALE;
      break;
    case 3:
      mode = ImageMode::kRgb;
      jpeg.out_color_space = JCS_RGB;
      break;
    case 4:
      mode = ImageMode::kCmyk;
      jpeg.out_color_space = JCS_CMYK;
      break;
    default:
      fail(ErrorCode::kUnsupported, job.name, ": a JPEG of ", jpeg.num_components, " components, expected 1, 3 or 4");
  }
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.do_fancy_upsampling = TRUE;
  jpeg.scale_num = 1;
  jpeg.scale_denom = static_cast<unsigned>(shrink);
  reader.guarded([&] { jpeg_calc_output_dimensions(&jpeg); });
  Image image = new_image(job, mode, jpeg.output_width, jpeg.output_height);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(num_channels(mode));
  uint8_t* const pixels = image.pixels.data();
  reader.guarded([&] {
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
      constexpr JDIMENSION kRows = 16;
      JSAMPROW rows[kRows];
      const JDIMENSION count = std::min(kRows, jpeg.output_height - jpeg.output_scanline);
      for (JDIMENSION i = 0; i < count; ++i) rows[i] = pixels + (jpeg.output_scanline + i) * row_bytes;
      jpeg_read_scanlines(&jpeg, rows, count);
    }
    jpeg_finish_decompress(&jpeg);
  });
  if (mode == ImageMode::kCmyk) {  // Adobe stores ink inverted, and Pillow takes every file to be Adobe's
    for (uint8_t& sample : image.pixels) sample = static_cast<uint8_t>(255 - sample);
  }
  return turn_upright(std::move(image), orientation);
}

}  // namespace clipkit
