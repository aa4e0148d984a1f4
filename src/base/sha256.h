#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace clipkit {

// SHA-256 (FIPS 180-4) of bytes that arrive in pieces. Ours, because every library that has it would be loaded at each
// start of a program that seldom needs it.
class Sha256 {
 public:
  void update(const void* data, size_t bytes);
  // The digest as eight words, the first bits highest; the object must not be used afterwards.
  std::array<uint32_t, 8> digest();
  // The same in lower-case hexadecimal digits.
  std::string hex_digest();

 private:
  void block(const uint8_t* data);
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t total_ = 0;
};

std::string sha256_hex(const void* data, size_t bytes);

}  // namespace clipkit
