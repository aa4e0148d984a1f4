#include "export/onnx_layers.h"

#include <cmath>

#include "base/check.h"
#include "nn/fold_batch_norm.h"
#include "tensor/convert.h"

namespace clipkit {

using Value = OnnxGraph::Value;

namespace {

using Ints = std::vector<int64_t>;

// Tensors do not copy; what makes a weight has to.
struct SharedTensor {
  TensorView view;
  std::shared_ptr<const void> owner;

  explicit SharedTensor(const Tensor& tensor) : view(tensor.view()), owner(tensor.owner()) {}
  Tensor as_float() const { return to_dtype(Tensor(view, owner), DType::kFloat32); }
};

Tensor transpose(const Tensor& matrix) {
  const int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor result = Tensor::empty({columns, rows});
  const float* from = matrix.data<float>();
  float* to = result.data<float>();
  constexpr int64_t kTile = 32;  // rows and columns that stay in the first cache together
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
      for (int64_t r = r0; r < std::min(rows, r0 + kTile); ++r) {
        for (int64_t c = c0; c < std::min(columns, c0 + kTile); ++c) to[c * rows + r] = from[r * columns + c];
      }
    }
  }
  return result;
}

}  // namespace

const Tensor& OnnxLayers::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(ErrorCode::kCorrupt, "tensor \"", name, "\" is missing");
  return found->second;
}

Value OnnxLayers::parameter(const std::string& name) {
  const SharedTensor from(tensor(name));
  return graph.weight(name, from.view.shape(), [from] { return from.as_float(); });
}

Value OnnxLayers::transposed(const std::string& name) {
  const SharedTensor from(tensor(name));
  return graph.weight(name + ".T", {from.view.shape()[1], from.view.shape()[0]},
                      [from] { return transpose(from.as_float()); });
}

Value OnnxLayers::linear(const std::string& name, const Value& x) {
  const Value product = graph.node(name, "MatMul", {x, transposed(name + ".weight")});
  return graph.node(name, "Add", {product, parameter(name + ".bias")});
}

Value OnnxLayers::projection(const std::string& name, const Value& x) {
  return graph.node(name, "MatMul", {x, parameter(name)});
}

Value OnnxLayers::layer_norm(const std::string& name, const Value& x, double eps) {
  return graph.node(name, "LayerNormalization", {x, parameter(name + ".weight"), parameter(name + ".bias")},
                    {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(eps)}});
}

// In the order of operations that ONNX Runtime knows and fuses into one.
Value OnnxLayers::activate(const std::string& layer, const Value& x, Activation activation) {
  const auto op = [&](const char* name, Value a, Value b) {
    return graph.node(layer, name, {std::move(a), std::move(b)});
  };
  const auto number = [&](double value) { return graph.constant(static_cast<float>(value)); };
  switch (activation) {
    case Activation::kQuickGelu:
      return op("Mul", x, graph.node(layer, "Sigmoid", {op("Mul", x, number(1.702))}));
    case Activation::kGelu: {
      const Value erf = graph.node(layer, "Erf", {op("Div", x, number(std::sqrt(2.0)))});
      return op("Mul", op("Mul", x, op("Add", erf, number(1))), number(0.5));
    }
    case Activation::kGeluTanh: {
      const Value cubic = op("Add", x, op("Mul", op("Pow", x, number(3)), number(0.044715)));
      const Value tanh = graph.node(layer, "Tanh", {op("Mul", cubic, number(std::sqrt(2 / std::acos(-1.0))))});
      return op("Mul", op("Mul", x, op("Add", tanh, number(1))), number(0.5));
    }
  }
  fail(ErrorCode::kUnsupported, "an activation function without ONNX form");
}

Value OnnxLayers::conv_bn(const std::string& conv, const std::string& norm, const Value& x, int stride) {
  const SharedTensor weight(tensor(conv + ".weight")), gamma(tensor(norm + ".weight")), beta(tensor(norm + ".bias")),
      mean(tensor(norm + ".running_mean")), var(tensor(norm + ".running_var"));
  const auto fold = [=] {
    return fold_batch_norm<float>({.weight = weight.as_float(),
                                   .gamma = gamma.as_float(),
                                   .beta = beta.as_float(),
                                   .mean = mean.as_float(),
                                   .var = var.as_float()});
  };
  const int64_t kernel = weight.view.shape()[2], padding = kernel / 2;
  return graph.node(
      conv, "Conv",
      {x, graph.weight(conv + ".weight", weight.view.shape(), [fold] { return fold().weight; }),
       graph.weight(norm + ".bias", beta.view.shape(), [fold] { return fold().bias; })},
      {{"kernel_shape", Ints{kernel, kernel}}, {"pads", Ints(4, padding)}, {"strides", Ints{stride, stride}}});
}

Value OnnxLayers::average_pool(const std::string& layer, const Value& x) {
  return graph.node(layer, "AveragePool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
}

Value OnnxLayers::attention(const std::string& layer, const Attention& args) {
  const int64_t head_width = args.width / args.heads;
  // (N, L, D) to (N, heads, L, Dh), or with the last two exchanged. 0 in a shape: as it is.
  const auto heads = [&](const Value& x, const Ints& order) {
    const Value split = graph.node(layer, "Reshape", {x, graph.constants({0, 0, args.heads, head_width})});
    return graph.node(layer, "Transpose", {split}, {{"perm", order}});
  };
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(head_width)));
  const Value q = graph.node(layer, "Mul", {args.q, graph.constant(scale)});
  Value scores = graph.node(layer, "MatMul", {heads(q, {0, 2, 1, 3}), heads(args.k, {0, 2, 3, 1})});
  if (!args.mask.empty()) scores = graph.node(layer, "Add", {scores, args.mask});
  const Value weights = graph.node(layer, "Softmax", {scores}, {{"axis", int64_t{-1}}});
  const Value mixed = graph.node(layer, "MatMul", {weights, heads(args.v, {0, 2, 1, 3})});
  const Value rows = graph.node(layer, "Transpose", {mixed}, {{"perm", Ints{0, 2, 1, 3}}});
  return graph.node(layer, "Reshape", {rows, graph.constants({0, 0, args.width})});
}

Value OnnxLayers::residual_block(const std::string& name, const Value& x, const TransformerConfig& config,
                                 const Value& mask) {
  const std::string attn = name + ".attn", mlp = name + ".mlp";
  const Value normal = layer_norm(name + ".ln_1", x, config.eps);
  const Value product = graph.node(attn, "MatMul", {normal, transposed(attn + ".in_proj_weight")});
  const Value qkv = graph.node(attn, "Add", {product, parameter(attn + ".in_proj_bias")});
  const auto parts =
      graph.nodes(attn, "Split", 3, {qkv, graph.constants(Ints(3, config.width))}, {{"axis", int64_t{-1}}});
  const Value mixed = attention(
      attn, {.q = parts[0], .k = parts[1], .v = parts[2], .heads = config.heads, .width = config.width, .mask = mask});
  const Value middle = graph.node(name, "Add", {x, linear(attn + ".out_proj", mixed)});
  const Value hidden = linear(mlp + ".c_fc", layer_norm(name + ".ln_2", middle, config.eps));
  return graph.node(name, "Add", {middle, linear(mlp + ".c_proj", activate(mlp, hidden, config.activation))});
}

Value OnnxLayers::transformer(const std::string& name, Value x, const TransformerConfig& config, const Value& mask) {
  for (int i = 0; i < config.layers; ++i) x = residual_block(concat(name, ".resblocks.", i), x, config, mask);
  return x;
}

Value OnnxLayers::normalize(const std::string& layer, const Value& x) {
  const Value length = graph.node(layer, "ReduceL2", {x}, {{"axes", Ints{-1}}, {"keepdims", int64_t{1}}});
  return graph.node(layer, "Div", {x, graph.node(layer, "Max", {length, graph.constant(1e-12f)})});
}

}  // namespace clipkit
