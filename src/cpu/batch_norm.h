#pragma once

#include "ops/batch_norm.h"

// Batch normalisation on the CPU, see ops/batch_norm.h. T is the operand type in memory: float, or uint16_t for bf16.
// scratch is kept from one call to the next. Sums over rows have one order, whatever the number of threads.

namespace clipkit {

template <class T>
void batch_sums_on_cpu(const BatchSumsArgs& args, Tensor& scratch);
template <class T>
void batch_norm_on_cpu(const BatchNormArgs& args, Tensor& scratch);
template <class T>
void batch_norm_backward_sums_on_cpu(const BatchNormBackwardSumsArgs& args, Tensor& scratch);
template <class T>
void batch_norm_backward_on_cpu(const BatchNormBackwardArgs& args, Tensor& scratch);

}  // namespace clipkit
