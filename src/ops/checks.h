#pragma once

#include "base/check.h"
#include "clipkit/tensor.h"
#include "ops/backend.h"

// The checks that ops::... make before they call a backend.

namespace clipkit::ops {

inline void check_shape(const char* op, const char* name, const TensorView& tensor, const Shape& expected) {
  CLIPKIT_CHECK(tensor.shape() == expected, op, ": ", name, " has shape ", to_string(tensor.shape()), ", expected ",
                to_string(expected));
  CLIPKIT_CHECK(tensor || tensor.num_elements() == 0, op, ": ", name, " is missing");
}

inline void check_dtype(const char* op, const char* name, const TensorView& tensor, DType expected) {
  CLIPKIT_CHECK(tensor.dtype() == expected, op, ": ", name, " has elements of ", to_string(tensor.dtype()),
                ", expected ", to_string(expected));
}

inline void check_rank(const char* op, const char* name, const TensorView& tensor, int rank) {
  CLIPKIT_CHECK(tensor.shape().rank() == rank, op, ": ", name, " has shape ", to_string(tensor.shape()), ", expected ",
                rank, " axes");
}

inline bool is_floating(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat64;
}

inline void check_device(const char* op, const Backend& backend, std::initializer_list<TensorView> tensors) {
  for (const TensorView& tensor : tensors) {
    CLIPKIT_CHECK(!tensor || tensor.device() == backend.device(), op, ": a tensor is on ", to_string(tensor.device()),
                  ", expected ", to_string(backend.device()));
  }
}

}  // namespace clipkit::ops
