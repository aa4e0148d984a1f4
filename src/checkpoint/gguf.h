#pragma once

#include "checkpoint/stored_tensors.h"

namespace clipkit {

// GGUF, version 2 or 3, as clip.cpp writes it (docs/formats/gguf.md). F32 and F16 tensors point into the file; tensors
// of the block types Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 are unpacked to float32, those of other types listed as
// unreadable. gguf_metadata has a member per key; arrays are limited to 2^20 elements in all. Errors: kCorrupt,
// kUnsupported (another version, over a limit).
StoredTensors read_gguf(const ByteSource& source);

}  // namespace clipkit
