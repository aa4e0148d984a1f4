#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "clipkit/image.h"

// What was recorded from Pillow and the reference preprocessing, see tests/golden/image/README.md.

namespace clipkit::testing {

inline std::filesystem::path recordings() {
  return std::filesystem::path(CLIPKIT_TEST_DIR) / "golden/image";
}

// The words of each line.
inline std::vector<std::vector<std::string>> read_words(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    lines.emplace_back();
    for (std::string word; words >> word;) lines.back().push_back(word);
  }
  return lines;
}

// A picture of the recordings: the copied ones, else a developer's ../shared; empty if it is in neither.
inline std::filesystem::path find_picture(const std::string& name) {
  const std::filesystem::path shared = CLIPKIT_SHARED_DIR;
  for (const auto& path :
       {recordings() / "pictures" / name, shared / "golden/preprocess/images" / name, shared / "data" / name}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

inline std::vector<std::byte> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline std::string digest(const std::vector<uint8_t>& bytes) {
  return sha256_hex(bytes.data(), bytes.size());
}

}  // namespace clipkit::testing
