#pragma once

#include <cstdint>

#include "clipkit/export.h"
#include "clipkit/tensor.h"

// Embeddings in less memory, for search by cosine. docs/embeddings.md has what each costs in recall.

namespace clipkit {

enum class Compact : uint8_t {
  kFloat32,  // as they are
  kFloat16,  // rounded
  kInt8,     // a row times 127 / its largest magnitude, rounded: its direction, not its length
  kBits,  // kUInt8 (N, ceil(D / 8)): 1 where a value is not negative, the first one highest, as numpy.packbits has it
};

CLIPKIT_API DType stored_dtype(Compact as) noexcept;
CLIPKIT_API const char* to_string(Compact as) noexcept;  // "fp32", "fp16", "int8", "bits"

// rows: (N, D) float32. Errors: kInvalidArgument for another shape or type, or for a value that is not finite.
CLIPKIT_API Tensor compact_rows(TensorView rows, Compact as);

// The rows of length 1, (N, width) float32, that compacted ones stand for; a row of zeros stays one. Their products are
// the cosines that a search finds: of bits that is 1 - 2 * (differing bits) / width. Errors: kInvalidArgument.
CLIPKIT_API Tensor expand_rows(TensorView compacted, Compact as, int64_t width);

}  // namespace clipkit
