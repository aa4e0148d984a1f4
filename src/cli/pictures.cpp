#include "cli/pictures.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "clipkit/error.h"

namespace clipkit::cli {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxInputBytes = size_t{1} << 30;  // of a picture from standard input

// Files that cannot be opened count: they are reported when their turn comes, not passed over.
bool holds_picture(const fs::path& path) {
  std::array<char, kPictureHeadBytes> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return true;
  file.read(head.data(), head.size());
  return is_picture(std::as_bytes(std::span(head.data(), static_cast<size_t>(file.gcount()))));
}

void list_folder(const std::string& folder, std::vector<std::string>& files) {
  const size_t before = files.size();
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error) && holds_picture(entry->path())) files.push_back(entry->path().string());
  }
  if (error) throw Error(ErrorCode::kIo, folder + ": cannot list this folder: " + error.message());
  if (files.size() == before) throw Error(ErrorCode::kNotFound, folder + ": there are no pictures in this folder");
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
}

std::vector<std::byte> read_standard_input() {
  std::vector<std::byte> bytes;
  std::array<std::byte, 1 << 16> block;
  while (const size_t got = std::fread(block.data(), 1, block.size(), stdin)) {
    if (got > kMaxInputBytes - bytes.size()) {
      throw Error(ErrorCode::kUnsupported, "standard input: more than " + std::to_string(kMaxInputBytes) + " bytes");
    }
    bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  if (std::ferror(stdin) != 0) {
    throw Error(ErrorCode::kIo, std::string("standard input: cannot read: ") + std::strerror(errno));
  }
  return bytes;
}

}  // namespace

void PictureOptions::add_to(std::vector<Option>& options) {
  options.push_back(flag("--exif", &exif, "turn pictures upright as their EXIF data say"));
  options.push_back(
      number("--max-size", "N", &max_megapixels, {1, 1 << 20}, "refuse larger pictures").with_unit("megapixels"));
}

DecodeOptions PictureOptions::decode() const {
  return {.max_pixels = int64_t{max_megapixels} << 20, .honour_orientation = exif};
}

std::vector<std::string> list_pictures(std::span<const std::string> files_and_folders) {
  std::vector<std::string> files;
  for (const std::string& name : files_and_folders) {
    std::error_code error;
    if (name != "-" && fs::is_directory(name, error)) {
      list_folder(name, files);
    } else {
      files.push_back(name);
    }
  }
  if (std::count(files.begin(), files.end(), "-") > 1) throw UsageError("standard input (-) can be read only once");
  return files;
}

Image read_picture(const std::string& file, const DecodeOptions& options) {
  if (file != "-") return read_image(file, options);
  return decode_image(read_standard_input(), "standard input", options);
}

bool has_picture_name(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kExtensions[] = {".jpg", ".jpeg", ".png", ".webp", ".gif",
                                              ".bmp", ".ppm",  ".pgm", ".pbm",  ".pnm"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

}  // namespace clipkit::cli
