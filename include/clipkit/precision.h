#pragma once

namespace clipkit {

// In which number type a model computes.
enum class Precision {
  kFloat32,
  kBFloat16,  // operands of matrix products in bf16, everything summed and kept in float32
  // Blocks of transformers in 8 bits, for checkpoints that quantize_checkpoint() wrote (docs/formats/quantized.md);
  // other products, such as convolutions, as kBFloat16 where the CPU can, else as kFloat32.
  kInt8,
};

constexpr const char* to_string(Precision precision) noexcept {
  return precision == Precision::kInt8 ? "int8" : precision == Precision::kBFloat16 ? "bf16" : "fp32";
}

}  // namespace clipkit
