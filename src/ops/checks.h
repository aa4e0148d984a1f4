#pragma once

#include <cstdint>
#include <initializer_list>

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

// Of a weight that is laid out already only the shape is there.
inline void check_weight(const char* op, const char* name, const TensorView& weight, const Shape& expected,
                         const LaidOut* laid_out) {
  if (laid_out == nullptr || !laid_out->words) return check_shape(op, name, weight, expected);
  CLIPKIT_CHECK(weight.shape() == expected, op, ": ", name, " has shape ", to_string(weight.shape()), ", expected ",
                to_string(expected));
}

inline void check_dtype(const char* op, const char* name, const TensorView& tensor, DType expected) {
  CLIPKIT_CHECK(tensor.dtype() == expected, op, ": ", name, " has elements of ", to_string(tensor.dtype()),
                ", expected ", to_string(expected));
}

inline void check_operand_or_sum(const char* op, const char* name, const Backend& b, const TensorView& tensor) {
  CLIPKIT_CHECK(tensor.dtype() == b.operand_dtype() || tensor.dtype() == b.sum_dtype(), op, ": ", name,
                " has elements of ", to_string(tensor.dtype()), ", expected ", to_string(b.operand_dtype()), " or ",
                to_string(b.sum_dtype()));
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

inline bool overlap(const TensorView& a, const TensorView& b) {
  const auto begin_a = reinterpret_cast<uintptr_t>(a.raw()), begin_b = reinterpret_cast<uintptr_t>(b.raw());
  return begin_a < begin_b + b.bytes() && begin_b < begin_a + a.bytes();
}

inline void check_apart(const char* op, const char* result_name, const TensorView& result, const char* input_name,
                        const TensorView& input) {
  CLIPKIT_CHECK(!overlap(result, input), op, ": ", result_name, " overlaps ", input_name);
}

// For results that may take the place of an input of the same type.
inline void check_same_or_apart(const char* op, const char* result_name, const TensorView& result,
                                const char* input_name, const TensorView& input) {
  if (result.raw() == input.raw() && result.dtype() == input.dtype()) return;
  check_apart(op, result_name, result, input_name, input);
}

}  // namespace clipkit::ops
