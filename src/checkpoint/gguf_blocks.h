#pragma once

#include <cstdint>

namespace clipkit {

// ggml's element types that clip.cpp writes. The quantised ones come in blocks of 32 values along the last axis.
enum class GgmlType : uint32_t { kF32 = 0, kF16 = 1, kQ4_0 = 2, kQ4_1 = 3, kQ5_0 = 6, kQ5_1 = 7, kQ8_0 = 8 };

constexpr int kGgmlBlockValues = 32;

// Bytes of one block; 0 for types without blocks.
int ggml_block_bytes(GgmlType type) noexcept;

// Unpacks num_blocks blocks to 32 values each (checkpoints.md section 7). The type must be one with blocks.
void unpack_ggml_blocks(GgmlType type, const uint8_t* blocks, int64_t num_blocks, float* values) noexcept;

}  // namespace clipkit
