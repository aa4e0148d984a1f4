#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace clipkit {

// The first 96 bits of a SHA-256: two of a billion contents have the same with a chance of 1 in 10^11.
using Digest = std::array<uint32_t, 3>;
Digest digest_of(std::string_view content);

// Which contents were seen, and where first. 16 bytes an entry, two thirds of them in use at most.
class DigestTable {
 public:
  // Where the content was seen before, or nothing: then it is remembered. where: below 2^32 - 1.
  std::optional<uint32_t> find_or_insert(const Digest& digest, uint32_t where);

 private:
  struct Entry {
    Digest digest;
    uint32_t where;
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;
  Entry& place_of(const Digest& digest);
  void grow();

  std::vector<Entry> entries_;  // a power of two
  size_t used_ = 0;
};

}  // namespace clipkit
