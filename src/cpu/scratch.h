#pragma once

#include "clipkit/tensor.h"

namespace clipkit {

// At least that many floats in memory that is kept from one call to the next. Valid until the next call.
inline float* scratch_floats(Tensor& scratch, int64_t floats) {
  if (!scratch || scratch.num_elements() < floats) scratch = Tensor::empty({floats});
  return scratch.data<float>();
}

}  // namespace clipkit
