#include "data/permutation.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/random.h"

namespace clipkit {

uint64_t permute(uint64_t key, uint64_t n, uint64_t x) noexcept {
  if (n < 2) return x;
  const auto word = [](const std::array<uint32_t, 4>& words, size_t i) {
    return static_cast<uint64_t>(words[2 * i]) << 32 | words[2 * i + 1];
  };
  // More than enough: Ethereum shuffles its million validators in 90 rounds of this kind.
  const auto num_rounds = static_cast<uint32_t>(6 * std::bit_width(n));
  std::array<uint32_t, 4> offsets{};
  for (uint32_t round = 0; round < num_rounds; ++round) {
    if (round % 2 == 0) offsets = philox(key, {round, 1, 0, 0});
    const uint64_t offset = word(offsets, round % 2) % n;
    const uint64_t partner = offset >= x ? offset - x : offset + (n - x);
    const uint64_t pair = std::max(x, partner);  // both of a pair must make the same choice
    const auto choice = philox(key, {round, 2, static_cast<uint32_t>(pair), static_cast<uint32_t>(pair >> 32)});
    if ((choice[0] & 1) != 0) x = partner;
  }
  return x;
}

}  // namespace clipkit
