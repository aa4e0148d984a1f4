#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace clipkit {

// POSIX.1-1988 tar ("ustar"): a header of 512 bytes for each member, then its content, filled up to 512 bytes with
// zeros; two blocks of zeros end the file. Numbers are octal digits in ASCII.
inline constexpr int64_t kTarBlock = 512;

struct TarHeader {
  char name[100];
  char mode[8], uid[8], gid[8];
  char size[12], mtime[12];
  char checksum[8];
  char type;  // '0' file, '5' folder, ...
  char link[100];
  char magic[6], version[2];
  char user[32], group[32];
  char device_major[8], device_minor[8];
  char prefix[155];  // what comes before name, without the slash between them
  char unused[12];
};
static_assert(sizeof(TarHeader) == kTarBlock);

// The sum of all bytes, the checksum's own taken as spaces. Char may be signed: some old writers added signed bytes.
template <class Char>
int64_t tar_checksum(const TarHeader& header) noexcept {
  Char bytes[kTarBlock];
  std::memcpy(bytes, &header, sizeof header);
  std::memset(bytes + offsetof(TarHeader, checksum), ' ', sizeof header.checksum);
  int64_t sum = 0;
  for (const Char byte : bytes) sum += byte;
  return sum;
}

// Bytes up to the next block's begin.
inline constexpr int64_t tar_padded(int64_t bytes) noexcept {
  return (bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
}

}  // namespace clipkit
