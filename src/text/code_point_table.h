#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace clipkit {

// A value per code point (0 to 0x10FFFF), zero unless set. Two levels: pages of 256 values, and pages that were never
// touched are one shared page.
template <class T>
class CodePointTable {
 public:
  CodePointTable() : pages_(1) {}

  // c must be at most 0x10FFFF.
  T operator[](char32_t c) const noexcept { return pages_[page_of_[c >> 8]][c & 0xFF]; }

  T& at(char32_t c) {
    uint16_t& page = page_of_[c >> 8];
    if (page == 0) {
      page = static_cast<uint16_t>(pages_.size());
      pages_.emplace_back();
    }
    return pages_[page][c & 0xFF];
  }

 private:
  std::array<uint16_t, 0x1100> page_of_{};
  std::vector<std::array<T, 256>> pages_;
};

}  // namespace clipkit
