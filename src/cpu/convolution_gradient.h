#pragma once

#include "ops/convolution.h"

namespace clipkit {

// Not by oneDNN, whose sums over pictures are cut by the number of threads. T is the operand type in memory: float, or
// uint16_t for bf16. scratch is kept from one call to the next.
template <class T>
void convolution_weight_gradient_on_cpu(const ConvolutionWeightGradientArgs& args, Tensor& scratch);

}  // namespace clipkit
