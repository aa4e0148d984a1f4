#pragma once

#include <string>

#include "checkpoint/state_dict.h"
#include "clipkit/config.h"
#include "export/onnx_graph.h"

namespace clipkit {

// The layers of src/nn as nodes. Weights are a model's tensors under their OpenAI names, shared with what they belong
// to; a matrix that is stored (out, in) becomes "NAME.T", (in, out), as MatMul wants it.
class OnnxLayers {
 public:
  using Value = OnnxGraph::Value;

  OnnxLayers(OnnxGraph& to, const StateDict& tensors) : graph(to), tensors_(tensors) {}

  OnnxGraph& graph;

  Value parameter(const std::string& name);
  // y = x W^T + b, with NAME.weight and NAME.bias; y = x W for a projection, with NAME alone.
  Value linear(const std::string& name, const Value& x);
  Value projection(const std::string& name, const Value& x);
  Value layer_norm(const std::string& name, const Value& x, double eps);
  Value activate(const std::string& layer, const Value& x, Activation activation);
  // Convolution with its BatchNorm folded in, as for our own kernels.
  Value conv_bn(const std::string& conv, const std::string& norm, const Value& x, int stride = 1);
  Value relu(const std::string& layer, const Value& x) { return graph.node(layer, "Relu", {x}); }
  Value average_pool(const std::string& layer, const Value& x);  // 2x2, stride 2

  // q: (N, Lq, D); k, v: (N, L, D). mask: what is added to the scores, (Lq, L), or "".
  struct Attention {
    Value q, k, v;
    int heads, width;
    Value mask{};
  };
  Value attention(const std::string& layer, const Attention& args);
  // All blocks, on x: (N, L, D).
  Value transformer(const std::string& name, Value x, const TransformerConfig& config, const Value& mask = {});

  // Rows divided by their length, (N, D).
  Value normalize(const std::string& layer, const Value& x);

 private:
  Value residual_block(const std::string& name, const Value& x, const TransformerConfig& config, const Value& mask);
  Value transposed(const std::string& name);
  const Tensor& tensor(const std::string& name) const;

  const StateDict& tensors_;
};

}  // namespace clipkit
