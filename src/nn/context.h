#pragma once

#include <functional>

#include "nn/param.h"
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
  // In training: each block remembers its input alone and computes the rest again in the backward pass, with the same
  // bits (Chen et al. 2016).
  bool checkpointing = false;
  // In the last backward pass of a step: sees each parameter once its gradient is whole, those of the last layers
  // first.
  const ParamVisitor* gradient_is_whole = nullptr;

  template <class Layer>
  void gradients_are_whole(Layer& layer) const {
    if (gradient_is_whole != nullptr) layer.visit_params(*gradient_is_whole);
  }
  bool operands_are_sums() const { return backend.operand_dtype() == backend.sum_dtype(); }
  TensorView operands(Shape shape) const { return workspace.take(shape, backend.operand_dtype()); }
  // The tensor where products can read it: itself, or a copy in the workspace.
  TensorView as_operands(TensorView tensor) const {
    if (tensor.dtype() == backend.operand_dtype()) return tensor;
    const TensorView copy = operands(tensor.shape());
    ops::convert(backend, {.x = tensor, .y = copy});
    return copy;
  }
  // The other way round, for what backward reads: it is remembered as operands, so that it takes as little memory.
  TensorView as_sums(TensorView tensor) const {
    if (tensor.dtype() == backend.sum_dtype()) return tensor;
    const TensorView copy = sums(tensor.shape());
    ops::convert(backend, {.x = tensor, .y = copy});
    return copy;
  }
  TensorView sums(Shape shape) const { return workspace.take(shape, backend.sum_dtype()); }
};

}  // namespace clipkit
