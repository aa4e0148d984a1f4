#pragma once

#include <cstdint>

#include "clipkit/tensor.h"

namespace clipkit {

// IEEE half and bfloat16, by bits. Rounding to nearest even; NaN stays NaN; too large becomes infinity.
float half_to_float(uint16_t bits) noexcept;
uint16_t float_to_half(float value) noexcept;
float bfloat16_to_float(uint16_t bits) noexcept;
uint16_t float_to_bfloat16(float value) noexcept;

// n elements of any floating type as float32, or float32 as any floating type. Errors: kInvalidArgument for other
// types.
void convert_to_float(const void* from, DType dtype, float* to, int64_t n);
void convert_from_float(const float* from, void* to, DType dtype, int64_t n);

// The tensor as another floating type (float64 goes through float32). A float32 tensor asked for as float32 is not
// copied: the result shares the owner.
Tensor to_dtype(const Tensor& tensor, DType dtype);

}  // namespace clipkit
