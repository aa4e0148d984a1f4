#pragma once

#include <string>

#include "clipkit/tensor.h"

namespace clipkit {

// A weight in the order and the number type in which a backend multiplies it: what a prepared file holds
// (docs/formats/prepared.md) and a later start maps instead of making it again.
struct LaidOut {
  Tensor words{};        // (n) uint64; n is a multiple of 8, so that a file's tensors begin at multiples of 64 bytes
  std::string layout{};  // says what the bytes are: the same words wherever the same weight has a layout of this name
};

// Memory for a weight that takes that many bytes in that layout. If known has words, they are it and hold the weight
// already; if it is there and has none, it receives the new ones, which it shares. known may be null.
// Errors: kUnsupported if known has another layout, kCorrupt for another size.
struct LaidOutMemory {
  Tensor words;
  bool is_filled = false;
};
LaidOutMemory memory_for(LaidOut* known, std::string layout, size_t bytes);

}  // namespace clipkit
