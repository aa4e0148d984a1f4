#pragma once

#include <memory>

#include "ops/convolution.h"

namespace clipkit {

// Convolutions with weights of int8, see ops/reference/quantized_convolution.h, whose bits they have.
std::unique_ptr<PackedConvolution> pack_quantized_for_cpu(const ConvolutionSpec& spec);
bool is_quantized_for_cpu(const PackedConvolution& weights) noexcept;
// x and y: float32 or bf16, the same of both. scratch: as scratch_floats() wants it.
void quantized_convolution_on_cpu(const PackedConvolution& weights, const ConvolutionArgs& args, Tensor& scratch);

}  // namespace clipkit
