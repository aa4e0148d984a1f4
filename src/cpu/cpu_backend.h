#pragma once

#include <memory>

#include "ops/backend.h"

namespace clipkit {

// Products and convolutions by oneDNN, everything else by kernels.h. operands: kFloat32, or kBFloat16 for products
// whose operands are rounded to bf16 and whose sums stay in float32. kInt8: the latter where the CPU
// has it, else the former; what is of int8 are weights, which any of them multiplies. Errors: kUnsupported for bf16
// where the CPU lacks it.
std::unique_ptr<Backend> make_cpu_backend(DType operands = DType::kFloat32);

}  // namespace clipkit
