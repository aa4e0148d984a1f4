#pragma once

#include <cstdint>
#include <string>

// A film of uncompressed frames, written by hand.

namespace clipkit::testing {

inline std::string le32(uint32_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8), static_cast<char>(value >> 16),
          static_cast<char>(value >> 24)};
}
inline std::string chunk(const std::string& name, const std::string& content) {
  return name + le32(static_cast<uint32_t>(content.size())) + content + std::string(content.size() % 2, '\0');
}
inline std::string list(const std::string& name, const std::string& content) {
  return chunk("LIST", name + content);
}

// AVI (RIFF) of `frames` frames of 16 x 8 pixels, 24-bit BGR from the bottom row; frame i is of the grey value 10 * i,
// and the first pixel of its top row is white.
inline std::string made_film(int frames) {
  constexpr uint32_t kWidth = 16, kHeight = 8, kBytes = 3 * kWidth * kHeight;
  const auto count = static_cast<uint32_t>(frames);
  const std::string avih = le32(40000) + le32(0) + le32(0) + le32(0) + le32(count) + le32(0) + le32(1) + le32(kBytes) +
                           le32(kWidth) + le32(kHeight) + std::string(16, '\0');
  const std::string strh = std::string("vidsDIB ") + std::string(12, '\0') + le32(1) + le32(25) + le32(0) +
                           le32(count) + le32(kBytes) + le32(0) + le32(0) + std::string(8, '\0');
  const std::string strf = le32(40) + le32(kWidth) + le32(kHeight) + std::string("\x01\0\x18\0", 4) + le32(0) +
                           le32(kBytes) + std::string(16, '\0');
  std::string movi;
  for (int i = 0; i < frames; ++i) {
    std::string pixels(kBytes, static_cast<char>(10 * i));
    for (size_t channel = 0; channel < 3; ++channel) pixels[3 * kWidth * (kHeight - 1) + channel] = '\xFF';
    movi += chunk("00db", pixels);
  }
  return chunk("RIFF", "AVI " +
                           list("hdrl", chunk("avih", avih) + list("strl", chunk("strh", strh) + chunk("strf", strf))) +
                           list("movi", movi));
}

}  // namespace clipkit::testing
