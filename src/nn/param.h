#pragma once

#include <functional>
#include <string>

#include "clipkit/tensor.h"

namespace clipkit {

// One learned tensor, or a buffer such as a running mean, with the value that a checkpoint gave it.
struct Param {
  Shape shape;
  bool buffer = false;  // saved with the model, but nothing that an optimiser moves
  Tensor value{};       // on the host, any floating type; dropped once the layer is prepared for inference
};

// Every layer has visit_params(visit), which is the only list of its parameters: counting, loading and saving walk it.
// Names are those of the OpenAI layout, relative to the layer.
using ParamVisitor = std::function<void(const std::string& name, Param& param)>;

// A visitor that puts a prefix before each name, for the layers within a layer.
inline ParamVisitor with_prefix(std::string prefix, const ParamVisitor& visit) {
  return [prefix = std::move(prefix), &visit](const std::string& name, Param& param) { visit(prefix + name, param); };
}

}  // namespace clipkit
