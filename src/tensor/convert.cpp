#include "tensor/convert.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace clipkit {

float half_to_float(uint16_t bits) noexcept {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = bits >> 10 & 31;
  const uint32_t mantissa = bits & 0x3FF;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24, exact in float32
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | mantissa << 13);
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

uint16_t float_to_half(float value) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));  // NaN
  if (magnitude >= 0x47800000) return static_cast<uint16_t>(sign | 0x7C00);  // 65536 and more
  if (magnitude < 0x38800000) {  // below the smallest normal: let float addition round at 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000));
  }
  const uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);  // may carry up to infinity, as it should
  return static_cast<uint16_t>(sign | (rounded - 0x38000000) >> 13);
}

float bfloat16_to_float(uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t float_to_bfloat16(float value) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

void convert_to_float(const void* from, DType dtype, float* to, int64_t n) {
  switch (dtype) {
    case DType::kFloat32:
      if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * 4);  // null is allowed here for nothing, but not there
      return;
    case DType::kFloat16:
      for (int64_t i = 0; i < n; ++i) to[i] = half_to_float(static_cast<const uint16_t*>(from)[i]);
      return;
    case DType::kBFloat16:
      for (int64_t i = 0; i < n; ++i) to[i] = bfloat16_to_float(static_cast<const uint16_t*>(from)[i]);
      return;
    case DType::kFloat64:
      for (int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(static_cast<const double*>(from)[i]);
      return;
    default:
      fail(ErrorCode::kInvalidArgument, "elements of ", to_string(dtype), ", expected a floating type");
  }
}

void convert_from_float(const float* from, void* to, DType dtype, int64_t n) {
  switch (dtype) {
    case DType::kFloat32:
      if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * 4);
      return;
    case DType::kFloat16:
      for (int64_t i = 0; i < n; ++i) static_cast<uint16_t*>(to)[i] = float_to_half(from[i]);
      return;
    case DType::kBFloat16:
      for (int64_t i = 0; i < n; ++i) static_cast<uint16_t*>(to)[i] = float_to_bfloat16(from[i]);
      return;
    case DType::kFloat64:
      for (int64_t i = 0; i < n; ++i) static_cast<double*>(to)[i] = from[i];
      return;
    default:
      fail(ErrorCode::kInvalidArgument, "elements of ", to_string(dtype), ", expected a floating type");
  }
}

Tensor to_dtype(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return {tensor.view(), tensor.owner()};
  const int64_t n = tensor.num_elements();
  Tensor result = Tensor::empty(tensor.shape(), dtype);
  if (dtype == DType::kFloat32) {
    convert_to_float(tensor.view().raw(), tensor.dtype(), result.data<float>(), n);
  } else if (tensor.dtype() == DType::kFloat32) {
    convert_from_float(tensor.data<float>(), result.view().raw(), dtype, n);
  } else {
    return to_dtype(to_dtype(tensor, DType::kFloat32), dtype);
  }
  return result;
}

}  // namespace clipkit
