#include <limits>

#include "export/onnx_towers.h"

namespace clipkit {

using Value = OnnxGraph::Value;

namespace {

constexpr int64_t kInt32 = 6;  // TensorProto.DataType

// 0, 1, ..., L - 1.
Value indices(OnnxGraph& graph, const Value& ids) {
  const Value length = graph.node("index", "Shape", {ids}, {{"start", int64_t{1}}, {"end", int64_t{2}}});
  const Value end = graph.node("index", "Squeeze", {length, graph.constants({0})});
  return graph.node("index", "Range", {graph.constant(int64_t{0}), end, graph.constant(int64_t{1})});
}

// (L, L): what is added to the scores of tokens that are not there yet. The lowest number stands for minus infinity:
// weights become zero all the same, and no run-time meets infinity minus infinity.
Value causal_mask(OnnxGraph& graph, const Value& index) {
  const std::string layer = "mask";
  const Value column = graph.node(layer, "Unsqueeze", {index, graph.constants({0})});
  const Value row = graph.node(layer, "Unsqueeze", {index, graph.constants({1})});
  const Value later = graph.node(layer, "Greater", {column, row});
  return graph.node(layer, "Where",
                    {later, graph.constant(std::numeric_limits<float>::lowest()), graph.constant(0.0f)});
}

// (N, 1): which position of each text gives its feature; ArgMax takes the first of equals. Ids fit into 32 bits, and
// ONNX Runtime's ArgMax takes those in every release.
Value feature_position(OnnxGraph& graph, const TextConfig& config, const Value& ids) {
  const std::string layer = "pool";
  Value value = ids;
  if (config.pooling == TextPooling::kEndId) {
    // A text without the end token is read at its first position.
    value = graph.node(layer, "Equal", {ids, graph.constant(int64_t{config.end_id})});
  }
  const Value narrow = graph.node(layer, "Cast", {value}, {{"to", kInt32}});
  return graph.node(layer, "ArgMax", {narrow}, {{"axis", int64_t{1}}, {"keepdims", int64_t{1}}});
}

}  // namespace

Value onnx_text_tower(OnnxLayers& layers, const ModelConfig& config, const Value& ids) {
  OnnxGraph& graph = layers.graph;
  const TransformerConfig& transformer = config.text.transformer;
  // Looked up one by one: a text that is too long asks for a row that is not there, which every run-time reports.
  const Value index = indices(graph, ids);
  const Value positions =
      graph.node("positional_embedding", "Gather", {layers.parameter("positional_embedding"), index});
  const Value tokens = graph.node("token_embedding", "Gather", {layers.parameter("token_embedding.weight"), ids});
  Value x = graph.node("text", "Add", {tokens, positions});
  x = layers.transformer("transformer", x, transformer, causal_mask(graph, index));
  const Value token =
      graph.node("pool", "GatherND", {x, feature_position(graph, config.text, ids)}, {{"batch_dims", int64_t{1}}});
  return layers.projection("text_projection", layers.layer_norm("ln_final", token, transformer.eps));
}

Value onnx_token_input(OnnxGraph& graph, const std::string& batch) {
  return graph.input("input_ids", DType::kInt64, {batch, "sequence_length"});
}

}  // namespace clipkit
