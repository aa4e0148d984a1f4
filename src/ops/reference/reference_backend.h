#pragma once

#include <memory>

#include "ops/backend.h"

namespace clipkit {

// The backend made of the plain loops in this folder, in float32 or float64 throughout. It runs whole towers; every
// other backend is tested against it.
std::unique_ptr<Backend> make_reference_backend(DType dtype = DType::kFloat64);

}  // namespace clipkit
