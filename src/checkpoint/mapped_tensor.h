#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "clipkit/tensor.h"

namespace clipkit {

// A tensor whose elements lie at data, kept alive by owner. Where the address does not suit the elements (formats allow
// that), the result is a copy.
inline Tensor mapped_tensor(const std::shared_ptr<const void>& owner, const std::byte* data, const Shape& shape,
                            DType dtype) {
  // An empty tensor may lie anywhere, even at a null pointer of an empty file; give it memory of its own.
  if (shape.num_elements() == 0) return Tensor::empty(shape, dtype);
  const TensorView view(static_cast<const void*>(data), shape, dtype);
  if (reinterpret_cast<uintptr_t>(data) % size_bytes(dtype) == 0) return {view, owner};
  return Tensor::copy_of(view);
}

}  // namespace clipkit
