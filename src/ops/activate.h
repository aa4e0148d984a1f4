#pragma once

#include "clipkit/activation.h"
#include "clipkit/tensor.h"

// The activation function by itself, where training needs what stood before it. Inference has it in linear().

namespace clipkit {

// y = activation(x). Any equal shapes, operand type; may run in place.
struct ActivateArgs {
  TensorView x, y;
  Activation activation;
};

// dx = dy * activation'(x). Any equal shapes, operand type; dx may be dy.
struct ActivateBackwardArgs {
  TensorView x, dy, dx;
  Activation activation;
};

class Backend;

namespace ops {
void activate(Backend& backend, const ActivateArgs& args);
void activate_backward(Backend& backend, const ActivateBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
