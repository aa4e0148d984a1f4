#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "clipkit/curate.h"
#include "data/pair_source.h"

namespace clipkit {

// Opens what the input names. Errors: as open_pairs; kInvalidArgument for a separator of several characters or threads
// out of range; kUnsupported for more than 2^32 - 2 pairs.
std::unique_ptr<PairSource> open_input(const PairsInput& input);

// What a picture file says of itself when all of it is decoded.
struct PictureFacts {
  const char* format = "";        // "jpg"
  int64_t width = 0, height = 0;  // px, as stored
};
// Decodes the whole picture, a JPEG at an eighth of its size, which finds the same damage. Errors: as decode_image.
PictureFacts examine_picture(const EncodedPair& pair, int64_t max_pixels);

// Work on all pairs of [begin, end): `look` in any order on several threads, then `use` in order on this one.
struct OrderedWork {
  std::string what;  // of the progress
  int64_t begin = 0, end = 0;
  std::function<void(int64_t index, size_t slot)> look, use;  // slot: below kSlots, its own until use has it
};
inline constexpr size_t kSlots = 256;
// Errors: what look and use throw; kCancelled.
void in_order(const PairsInput& input, const CurateCallbacks& callbacks, const OrderedWork& work);

}  // namespace clipkit
