#include "base/concat.h"
#include "export/onnx_towers.h"

namespace clipkit {

using Value = OnnxGraph::Value;

namespace {

using Ints = std::vector<int64_t>;

// (N, D, H, W) to (N, H * W, D).
Value tokens_of(OnnxGraph& graph, const std::string& layer, const Value& map, int64_t width) {
  const Value flat = graph.node(layer, "Reshape", {map, graph.constants({0, width, -1})});
  return graph.node(layer, "Transpose", {flat}, {{"perm", Ints{0, 2, 1}}});
}

Value vision_transformer(OnnxLayers& layers, const VitConfig& config, const Value& pixels) {
  OnnxGraph& graph = layers.graph;
  const int64_t patch = config.patch_size, width = config.transformer.width;
  const Value map = graph.node("visual.conv1", "Conv", {pixels, layers.parameter("visual.conv1.weight")},
                               {{"kernel_shape", Ints{patch, patch}}, {"strides", Ints{patch, patch}}});
  const Value patches = tokens_of(graph, "visual.conv1", map, width);
  const Value batch = graph.node("visual", "Shape", {pixels}, {{"start", int64_t{0}}, {"end", int64_t{1}}});
  const Value one_each = graph.node("visual", "Concat", {batch, graph.constants({1, width})}, {{"axis", int64_t{0}}});
  const Value first = graph.node("visual", "Expand", {layers.parameter("visual.class_embedding"), one_each});
  const Value tokens = graph.node("visual", "Concat", {first, patches}, {{"axis", int64_t{1}}});
  Value x = graph.node("visual", "Add", {tokens, layers.parameter("visual.positional_embedding")});
  x = layers.layer_norm("visual.ln_pre", x, config.transformer.eps);
  x = layers.transformer("visual.transformer", x, config.transformer);
  const Value token = graph.node("visual", "Gather", {x, graph.constant(int64_t{0})}, {{"axis", int64_t{1}}});
  return layers.projection("visual.proj", layers.layer_norm("visual.ln_post", token, config.transformer.eps));
}

Value bottleneck(OnnxLayers& layers, const std::string& name, const Value& x, int stride, bool downsample) {
  const auto conv_bn = [&](int i, const Value& input) {
    return layers.conv_bn(concat(name, ".conv", i), concat(name, ".bn", i), input);
  };
  Value main = layers.relu(name, conv_bn(1, x)), shortcut = x;
  main = layers.relu(name, conv_bn(2, main));
  if (stride > 1) {
    main = layers.average_pool(name, main);
    shortcut = layers.average_pool(name, shortcut);
  }
  if (downsample) shortcut = layers.conv_bn(name + ".downsample.0", name + ".downsample.1", shortcut);
  return layers.relu(name, layers.graph.node(name, "Add", {conv_bn(3, main), shortcut}));
}

// The mean of all positions asks, all positions and the mean answer.
Value attention_pool(OnnxLayers& layers, const ResNetConfig& config, const Value& map) {
  const std::string name = "visual.attnpool";
  OnnxGraph& graph = layers.graph;
  const int width = 32 * config.stem_width;
  const Value positions = tokens_of(graph, name, map, width);
  const Value mean = graph.node(name, "ReduceMean", {positions}, {{"axes", Ints{1}}, {"keepdims", int64_t{1}}});
  const Value all = graph.node(name, "Concat", {mean, positions}, {{"axis", int64_t{1}}});
  const Value tokens = graph.node(name, "Add", {all, layers.parameter(name + ".positional_embedding")});
  const Value asking = graph.node(name, "Gather", {tokens, graph.constants({0})}, {{"axis", int64_t{1}}});
  const Value pooled = layers.attention(name, {.q = layers.linear(name + ".q_proj", asking),
                                               .k = layers.linear(name + ".k_proj", tokens),
                                               .v = layers.linear(name + ".v_proj", tokens),
                                               .heads = config.heads,
                                               .width = width});
  const Value row = graph.node(name, "Reshape", {pooled, graph.constants({0, width})});
  return layers.linear(name + ".c_proj", row);
}

Value modified_resnet(OnnxLayers& layers, const ResNetConfig& config, const Value& pixels) {
  Value x = pixels;
  for (int i = 1; i <= 3; ++i) {
    x = layers.relu("visual", layers.conv_bn(concat("visual.conv", i), concat("visual.bn", i), x, i == 1 ? 2 : 1));
  }
  x = layers.average_pool("visual", x);
  for (size_t stage = 0; stage < config.blocks.size(); ++stage) {
    for (int i = 0; i < config.blocks[stage]; ++i) {
      // The first block of a stage changes channels or size, or both.
      x = bottleneck(layers, concat("visual.layer", stage + 1, ".", i), x, stage > 0 && i == 0 ? 2 : 1, i == 0);
    }
  }
  return attention_pool(layers, config, x);
}

}  // namespace

Value onnx_image_tower(OnnxLayers& layers, const ModelConfig& config, const Value& pixels) {
  if (const auto* vit = std::get_if<VitConfig>(&config.vision)) return vision_transformer(layers, *vit, pixels);
  return modified_resnet(layers, std::get<ResNetConfig>(config.vision), pixels);
}

Value onnx_pixel_input(OnnxGraph& graph, const ModelConfig& config, const std::string& batch) {
  const int64_t size = config.image_size();
  return graph.input("pixel_values", DType::kFloat32, {batch, int64_t{3}, size, size});
}

}  // namespace clipkit
