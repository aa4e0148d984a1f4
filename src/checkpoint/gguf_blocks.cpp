#include "checkpoint/gguf_blocks.h"

#include <cstring>

#include "tensor/convert.h"

namespace clipkit {

namespace {

float read_half(const uint8_t* from) {
  uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return half_to_float(bits);
}

// One layout serves Q4_0 to Q5_1: f16 scale, f16 minimum (types _1), u32 of fifth bits (types Q5), 16 bytes of nibbles.
// The low nibble of byte j is value j, the high one value j + 16.
template <bool kHasMinimum, bool kHasFifthBit>
void unpack_nibbles(const uint8_t* block, float* values) {
  const float scale = read_half(block);
  block += 2;
  constexpr int kMiddle = kHasFifthBit ? 16 : 8;  // what the types without a minimum subtract
  float minimum = 0;
  if constexpr (kHasMinimum) {
    minimum = read_half(block);
    block += 2;
  }
  uint32_t fifth = 0;
  if constexpr (kHasFifthBit) {
    std::memcpy(&fifth, block, sizeof fifth);
    block += 4;
  }
  constexpr int kHalf = kGgmlBlockValues / 2;
  for (int j = 0; j < kHalf; ++j) {
    const int low = (block[j] & 15) | static_cast<int>(fifth >> j & 1) << 4;
    const int high = (block[j] >> 4) | static_cast<int>(fifth >> (j + kHalf) & 1) << 4;
    if constexpr (kHasMinimum) {
      values[j] = scale * static_cast<float>(low) + minimum;
      values[j + kHalf] = scale * static_cast<float>(high) + minimum;
    } else {
      values[j] = scale * static_cast<float>(low - kMiddle);
      values[j + kHalf] = scale * static_cast<float>(high - kMiddle);
    }
  }
}

void unpack_bytes(const uint8_t* block, float* values) {
  const float scale = read_half(block);
  for (int j = 0; j < kGgmlBlockValues; ++j) values[j] = scale * static_cast<float>(static_cast<int8_t>(block[2 + j]));
}

}  // namespace

int ggml_block_bytes(GgmlType type) noexcept {
  switch (type) {
    case GgmlType::kQ4_0:
      return 18;
    case GgmlType::kQ4_1:
      return 20;
    case GgmlType::kQ5_0:
      return 22;
    case GgmlType::kQ5_1:
      return 24;
    case GgmlType::kQ8_0:
      return 34;
    default:
      return 0;
  }
}

void unpack_ggml_blocks(GgmlType type, const uint8_t* blocks, int64_t num_blocks, float* values) noexcept {
  const int bytes = ggml_block_bytes(type);
  for (int64_t i = 0; i < num_blocks; ++i, blocks += bytes, values += kGgmlBlockValues) {
    switch (type) {
      case GgmlType::kQ4_0:
        unpack_nibbles<false, false>(blocks, values);
        break;
      case GgmlType::kQ4_1:
        unpack_nibbles<true, false>(blocks, values);
        break;
      case GgmlType::kQ5_0:
        unpack_nibbles<false, true>(blocks, values);
        break;
      case GgmlType::kQ5_1:
        unpack_nibbles<true, true>(blocks, values);
        break;
      default:
        unpack_bytes(blocks, values);
        break;
    }
  }
}

}  // namespace clipkit
