#pragma once

#include <cstdint>

namespace clipkit {

// Where x goes in the permutation of [0, n) that the key picks: each n's permutations are (nearly) equally likely, no
// memory is used, and any x can be asked for by itself. x < n. About 2 us for a million.
// Swap or not (Hoang, Morris & Rogaway 2012): in every round x either stays or changes places with K - x.
uint64_t permute(uint64_t key, uint64_t n, uint64_t x) noexcept;

}  // namespace clipkit
