#pragma once

namespace clipkit {

// In which number type a model computes.
enum class Precision {
  kFloat32,
  kBFloat16,  // operands of matrix products in bf16, everything summed and kept in float32
};

constexpr const char* to_string(Precision precision) noexcept {
  return precision == Precision::kBFloat16 ? "bf16" : "fp32";
}

}  // namespace clipkit
