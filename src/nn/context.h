#pragma once

#include "ops/backend.h"
#include "ops/workspace.h"

namespace clipkit {

// What a forward pass runs on and where its activations live.
struct Context {
  Backend& backend;
  Workspace& workspace;

  TensorView operands(Shape shape) const { return workspace.take(shape, backend.operand_dtype()); }
  // The tensor where products can read it: itself, or a copy in the workspace.
  TensorView as_operands(TensorView tensor) const {
    if (tensor.dtype() == backend.operand_dtype()) return tensor;
    const TensorView copy = operands(tensor.shape());
    ops::convert(backend, {.x = tensor, .y = copy});
    return copy;
  }
  TensorView sums(Shape shape) const { return workspace.take(shape, backend.sum_dtype()); }
};

}  // namespace clipkit
