#include "data/sets/film.h"

#include <algorithm>

#include "data/input_file.h"
#include "data/sets/set_module.h"

namespace clipkit {

namespace {

constexpr const char* kFilmModule = "clipkit_ffmpeg";

}  // namespace

bool is_film_extension(std::string_view extension) noexcept {
  constexpr std::string_view kExtensions[] = {"avi", "mp4", "mkv", "webm", "mov", "mpg", "mpeg"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

Image middle_frame(const std::filesystem::path& film) {
  (void)InputFile::open(film);  // so that a missing file is said to be one
  const auto& ffmpeg = set_module<ClipkitFilmFunctions>(kFilmModule, "FFmpeg",
                                                        "libavformat-dev libavcodec-dev libswscale-dev", film.string());
  Image image{.mode = ImageMode::kRgb};
  uint8_t* rgb = nullptr;
  char error[kClipkitErrorBytes] = {};
  if (ffmpeg.middle_frame(film.c_str(), DecodeOptions{}.max_pixels, &image.width, &image.height, &rgb, error) != 0) {
    fail(ErrorCode::kCorrupt, film.string(), ": ", std::string(error));
  }
  image.pixels.assign(rgb, rgb + size_t{3} * static_cast<size_t>(image.width) * static_cast<size_t>(image.height));
  ffmpeg.free_frame(rgb);
  return image;
}

bool can_read_films() noexcept {
  std::string reason;
  return find_set_module<ClipkitFilmFunctions>(kFilmModule, reason) != nullptr;
}

}  // namespace clipkit
