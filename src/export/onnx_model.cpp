#include "export/onnx_model.h"

#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "base/json.h"
#include "export/onnx_towers.h"
#include "tensor/convert.h"

namespace clipkit {

using Value = OnnxGraph::Value;

namespace {

const char* const kImageEmbeds = "image_embeds";
const char* const kTextEmbeds = "text_embeds";

float scalar(const StateDict& tensors, const std::string& name, float otherwise) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? otherwise : *to_dtype(found->second, DType::kFloat32).data<float>();
}

// The multiplier itself. What clip.cpp leaves out is that of every released model.
float logit_scale(const StateDict& tensors) {
  return std::exp(scalar(tensors, "logit_scale", std::log(100.0f)));
}

std::string tokenizer_json(const ModelConfig& config, const Tokenizer& tokenizer) {
  const bool is_clip = tokenizer.merges() == Tokenizer::clip()->merges();
  const OrderedJson json = {{"kind", "CLIP byte-pair encoding"},
                            {"vocabulary", is_clip ? "CLIP" : "the checkpoint's own"},
                            {"vocab_size", tokenizer.vocab_size()},
                            {"context_length", config.text.context_length},
                            {"start_token", tokenizer.start_token()},
                            {"end_token", tokenizer.end_token()},
                            {"pad_token", 0}};
  return json.dump();
}

void describe(OnnxGraph& graph, const OnnxSource& source, bool normalized) {
  graph.describe("config", Json::parse(to_json(source.config)).dump());
  if (source.tokenizer != nullptr) graph.describe("tokenizer", tokenizer_json(source.config, *source.tokenizer));
  graph.describe("logit_scale", concat(logit_scale(source.tensors)));
  if (source.config.sigmoid_loss) graph.describe("logit_bias", concat(scalar(source.tensors, "logit_bias", 0)));
  graph.describe("normalized", concat(normalized));
}

}  // namespace

OnnxGraph onnx_image_model(const OnnxSource& source, bool normalize) {
  OnnxGraph graph;
  OnnxLayers layers(graph, source.tensors);
  Value features = onnx_image_tower(layers, source.config, onnx_pixel_input(graph, source.config, "batch_size"));
  if (normalize) features = layers.normalize(kImageEmbeds, features);
  graph.output(features, kImageEmbeds, {"batch_size", int64_t{source.config.embed_dim}});
  describe(graph, source, normalize);
  return graph;
}

OnnxGraph onnx_text_model(const OnnxSource& source, bool normalize) {
  OnnxGraph graph;
  OnnxLayers layers(graph, source.tensors);
  Value features = onnx_text_tower(layers, source.config, onnx_token_input(graph, "batch_size"));
  if (normalize) features = layers.normalize(kTextEmbeds, features);
  graph.output(features, kTextEmbeds, {"batch_size", int64_t{source.config.embed_dim}});
  describe(graph, source, normalize);
  return graph;
}

OnnxGraph onnx_joint_model(const OnnxSource& source) {
  const std::string images = "image_batch_size", texts = "text_batch_size", layer = "logits";
  const int64_t width = source.config.embed_dim;
  OnnxGraph graph;
  OnnxLayers layers(graph, source.tensors);
  const Value ids = onnx_token_input(graph, texts), pixels = onnx_pixel_input(graph, source.config, images);
  const Value image = layers.normalize(kImageEmbeds, onnx_image_tower(layers, source.config, pixels));
  const Value text = layers.normalize(kTextEmbeds, onnx_text_tower(layers, source.config, ids));
  const auto turned = [&](const Value& x) {
    return graph.node(layer, "Transpose", {x}, {{"perm", std::vector<int64_t>{1, 0}}});
  };
  const Value cosines = graph.node(layer, "MatMul", {image, turned(text)});
  const Value per_image = graph.node(layer, "Mul", {cosines, graph.constant(logit_scale(source.tensors))});
  const Value per_text = turned(per_image);
  graph.output(per_image, "logits_per_image", {images, texts});
  graph.output(per_text, "logits_per_text", {texts, images});
  graph.output(text, kTextEmbeds, {texts, width});
  graph.output(image, kImageEmbeds, {images, width});
  describe(graph, source, true);
  return graph;
}

}  // namespace clipkit
