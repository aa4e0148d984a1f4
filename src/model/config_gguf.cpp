#include "model/config_source.h"
#include "model/json_reader.h"

namespace clipkit {

namespace {

TransformerConfig transformer_of(JsonReader& cfg, const std::string& prefix, Activation activation) {
  TransformerConfig t;
  t.width = cfg.required_integer(prefix + "embedding_length", 1, kMaxSize);
  t.layers = cfg.required_integer(prefix + "block_count", 1, kMaxLayers);
  t.heads = cfg.required_integer(prefix + "attention.head_count", 1, kMaxSize);
  t.mlp_width = cfg.required_integer(prefix + "feed_forward_length", 1, kMaxSize);
  t.activation = activation;
  t.eps = cfg.number(prefix + "attention.layer_norm_epsilon", 1e-5, 0, 1);
  if (t.width % t.heads != 0)
    fail(ErrorCode::kCorrupt, cfg.place(), ": ", t.heads, " heads do not divide width ", t.width);
  return t;
}

}  // namespace

ModelConfig config_from_gguf(const Json& metadata, const std::string& place) {
  JsonReader cfg(metadata, place);
  const std::string architecture = cfg.text("general.architecture", "");
  if (architecture != "clip") {
    fail(ErrorCode::kUnsupported, place, ": general.architecture is \"", architecture, "\", expected \"clip\"");
  }
  const Activation activation = cfg.boolean("clip.use_gelu", false) ? Activation::kGelu : Activation::kQuickGelu;
  ModelConfig config;
  if (cfg.boolean("clip.has_vision_encoder", true)) {
    VitConfig vit;
    vit.image_size = cfg.required_integer("clip.vision.image_size", 1, 1 << 14);
    vit.patch_size = cfg.required_integer("clip.vision.patch_size", 1, vit.image_size);
    vit.transformer = transformer_of(cfg, "clip.vision.", activation);
    config.embed_dim = cfg.required_integer("clip.vision.projection_dim", 1, 1 << 20);
    config.vision = vit;
  }
  if (cfg.boolean("clip.has_text_encoder", true)) {
    config.text.context_length = cfg.required_integer("clip.text.context_length", 1, 1 << 16);
    config.text.transformer = transformer_of(cfg, "clip.text.", activation);
    config.embed_dim = cfg.required_integer("clip.text.projection_dim", 1, 1 << 20);
  }
  config.preprocess.height = config.preprocess.width = config.image_size();
  config.preprocess.mean = cfg.three_numbers("clip.vision.image_mean", config.preprocess.mean);
  config.preprocess.std = cfg.three_numbers("clip.vision.image_std", config.preprocess.std);
  return config;
}

}  // namespace clipkit
