#pragma once

#include "ops/backend.h"
#include "ops/workspace.h"

namespace clipkit {

// What a forward pass runs on and where its activations live.
struct Context {
  Backend& backend;
  Workspace& workspace;

  TensorView operands(Shape shape) const { return workspace.take(shape, backend.operand_dtype()); }
  TensorView sums(Shape shape) const { return workspace.take(shape, backend.sum_dtype()); }
};

}  // namespace clipkit
