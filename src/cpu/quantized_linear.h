#pragma once

#include <memory>

#include "ops/linear.h"

namespace clipkit {

// Linear layers with weights of int8, see ops/reference/quantized_linear.h: the same bits in any batch, on any number
// of threads and, up to the activation, on any instruction set.
std::unique_ptr<PackedLinear> pack_quantized_for_cpu(const LinearSpec& spec);
bool is_quantized_for_cpu(const PackedLinear& weights) noexcept;
// x and y: float32 or bf16. scratch: as scratch_floats() wants it.
void quantized_linear_on_cpu(const PackedLinear& weights, const LinearArgs& args, Tensor& scratch);

}  // namespace clipkit
