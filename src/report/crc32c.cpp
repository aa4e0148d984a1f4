#include "report/crc32c.h"

#include <array>

namespace clipkit {

namespace {

constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? 0x82F63B78U : 0U);
    table[i] = remainder;
  }
  return table;
}();

}  // namespace

uint32_t crc32c(std::string_view bytes) noexcept {
  uint32_t remainder = ~0U;
  for (const char c : bytes) remainder = remainder >> 8 ^ kTable[(remainder ^ static_cast<uint8_t>(c)) & 255U];
  return ~remainder;
}

}  // namespace clipkit
