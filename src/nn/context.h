#pragma once

#include <functional>

#include "ops/backend.h"
#include "ops/workspace.h"

namespace clipkit {

// Batch statistics that several processes take together: each has the same number of rows, and sum() makes the sums of
// all of them, everywhere.
struct SharedStatistics {
  int ranks = 1;
  std::function<void(TensorView)> sum;
};

// What a forward pass runs on and where its activations live.
struct Context {
  Backend& backend;
  Workspace& workspace;
  const SharedStatistics* statistics = nullptr;  // null: a process's own rows are the batch

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
