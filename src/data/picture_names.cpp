#include "data/picture_names.h"

#include <algorithm>

namespace clipkit {

bool is_picture_extension(std::string_view extension) noexcept {
  constexpr std::string_view kExtensions[] = {"jpg", "jpeg", "png", "webp", "gif", "bmp", "ppm", "pgm", "pbm"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string extension_of(std::string_view path) {
  path.remove_prefix(path.find_last_of('/') + 1);  // npos + 1 is 0
  const size_t dot = path.find_last_of('.');
  return dot == std::string_view::npos ? "" : lower_ascii(path.substr(dot + 1));
}

}  // namespace clipkit
