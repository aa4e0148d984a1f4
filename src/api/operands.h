#pragma once

#include "clipkit/precision.h"
#include "clipkit/tensor.h"

namespace clipkit {

// What a backend is asked to multiply. Errors: kInvalidArgument.
DType operands_of(Precision precision);

}  // namespace clipkit
