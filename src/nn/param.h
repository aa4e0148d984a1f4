#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clipkit/tensor.h"
#include "ops/backend.h"

namespace clipkit {

// One learned tensor, or a buffer such as a running mean, with the value that a checkpoint gave it.
struct Param {
  Shape shape;
  bool buffer = false;  // saved with the model, but nothing that an optimiser moves
  // On the host, any floating type, and dropped once the layer is prepared for inference. In training: on the backend,
  // of its sum type, the master copy that the optimiser moves; prepare() lays it out again after each step.
  Tensor value{};
  // Like value, while training what is to be trained; backward passes accumulate into it. The one of a matrix of
  // products may be of the operand type.
  Tensor grad{};
  bool of_products = false;  // ops::linear_weight_gradient alone makes its gradient

  // Of a weight of int8, see LinearSpec and ConvolutionSpec; else empty. Let go as value is.
  Tensor scales{}, input_scales{};
  // For calibration, set before prepare(): sees what the weight of a linear layer or a convolution is multiplied by.
  std::function<void(const TensorView& x)> observe{};

  // The parts of a weight as the backend has laid them out: what a prepared file gave in place of the value, or else
  // what prepare() made, for such a file.
  std::vector<LaidOut> laid_out{};
  LaidOut* part(size_t i) {
    if (in_training) return nullptr;
    if (laid_out.size() <= i) laid_out.resize(i + 1);
    return &laid_out[i];
  }
  // The value; where it is laid out already, its shape and type alone.
  TensorView weight() const {
    return value ? value.view()
                 : TensorView(static_cast<void*>(nullptr), shape, scales ? DType::kInt8 : DType::kFloat32);
  }

  bool in_training = false;
  bool frozen = false;  // in training: learns nothing; a running average stands still

  // Before the first prepare(): takes a copy of the value to write on and, unless it is frozen, a gradient of zero.
  void start_training(Backend& b, bool freeze = false, bool gradients_as_operands = false) {
    value = b.upload_copy(value);
    in_training = true;
    frozen = freeze;
    if (frozen || buffer) return;
    grad = b.allocate(shape, gradients_as_operands && of_products ? b.operand_dtype() : b.sum_dtype());
    b.zero(grad);
  }
  // The layer has laid the value out; inference needs it no longer.
  void release() {
    if (in_training) return;
    for (Tensor* tensor : {&value, &scales, &input_scales}) *tensor = {};
  }
};

// Every layer has visit_params(visit), which is the only list of its parameters: counting, loading and saving walk it.
// Names are those of the OpenAI layout, relative to the layer.
using ParamVisitor = std::function<void(const std::string& name, Param& param)>;

// Whether any parameter of a layer, or of what it is made of, has a gradient.
template <class Layer>
bool learns(Layer& layer) {
  bool any = false;
  layer.visit_params([&](const std::string&, const Param& param) { any = any || param.grad; });
  return any;
}

// A visitor that puts a prefix before each name, for the layers within a layer.
inline ParamVisitor with_prefix(std::string prefix, const ParamVisitor& visit) {
  return [prefix = std::move(prefix), &visit](const std::string& name, Param& param) { visit(prefix + name, param); };
}

}  // namespace clipkit
