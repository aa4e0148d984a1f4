#include "model/config_source.h"
#include "model/json_reader.h"

namespace clipkit {

namespace {

Activation activation_of(JsonReader& cfg) {
  const std::string name = cfg.text("hidden_act", "quick_gelu");
  if (name == "quick_gelu") return Activation::kQuickGelu;
  if (name == "gelu") return Activation::kGelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::kGeluTanh;
  fail(ErrorCode::kUnsupported, cfg.place(), ": \"hidden_act\" is \"", name, "\"");
}

TransformerConfig transformer_of(JsonReader& cfg, const TransformerConfig& absent) {
  TransformerConfig t;
  t.width = cfg.integer("hidden_size", absent.width, 1, kMaxSize);
  t.layers = cfg.integer("num_hidden_layers", absent.layers, 1, kMaxLayers);
  t.heads = cfg.integer("num_attention_heads", absent.heads, 1, kMaxSize);
  t.mlp_width = cfg.integer("intermediate_size", absent.mlp_width, 1, kMaxSize);
  t.activation = activation_of(cfg);
  t.eps = cfg.number("layer_norm_eps", 1e-5, 0, 1);
  if (t.width % t.heads != 0) {
    fail(ErrorCode::kCorrupt, cfg.place(), ": ", t.heads, " heads do not divide \"hidden_size\" ", t.width);
  }
  return t;
}

// Old files repeat a sub-configuration as NAME_dict; it wins. Unknown keys are left alone: transformers writes dozens
// that describe generation and serialisation, and the ones read here are all that its CLIPModel computes with.
Json sub_config(const Json& config, const std::string& name) {
  Json merged = Json::object();
  for (const std::string& key : {name, name + "_dict"}) {
    const auto found = config.find(key);
    if (found != config.end() && found->is_object()) merged.update(*found);
  }
  return merged;
}

// An integer n, {"shortest_edge": n} or {"height": h, "width": w}.
struct Size {
  int height, width;
  bool shortest;
};
Size size_of(JsonReader& cfg, const std::string& key, int absent) {
  const Json* json = cfg.find(key);
  if (json == nullptr) return {absent, absent, true};
  if (!json->is_object()) {
    const int n = cfg.to_integer(*json, key, 1, kMaxImage);
    return {n, n, true};
  }
  JsonReader size(*json, cfg.place() + " " + key);
  if (size.find("shortest_edge") != nullptr) {
    const int n = size.required_integer("shortest_edge", 1, kMaxImage);
    return {n, n, true};
  }
  return {size.required_integer("height", 1, kMaxImage), size.required_integer("width", 1, kMaxImage), false};
}

void read_preprocessor(const Json& json, const std::string& place, PreprocessConfig& p) {
  JsonReader cfg(json, place);
  p.color_order = cfg.boolean("do_convert_rgb", true) ? ColorOrder::kBeforeResize : ColorOrder::kAfterCrop;
  for (const char* key : {"do_resize", "do_rescale", "do_normalize"}) cfg.only(key, true);
  const int resample = cfg.integer("resample", 3, 0, 5);
  if (resample != 2 && resample != 3) {
    fail(ErrorCode::kUnsupported, place, ": \"resample\" is ", resample, ", expected 2 (bilinear) or 3 (bicubic)");
  }
  p.interpolation = resample == 2 ? Interpolation::kBilinear : Interpolation::kBicubic;
  const bool cropped = cfg.boolean("do_center_crop", true);
  const Size size = size_of(cfg, "size", p.height);
  const Size crop = cropped ? size_of(cfg, "crop_size", size.height) : size;
  if (size.shortest && cropped && (crop.height != crop.width || crop.height != size.height)) {
    fail(ErrorCode::kUnsupported, place, ": a crop of ", crop.height, " by ", crop.width,
         " after resizing the shorter side to ", size.height, " is not supported, expected equal sizes");
  }
  p.resize_mode = size.shortest ? ResizeMode::kShortest : ResizeMode::kSquash;
  p.height = crop.height;
  p.width = crop.width;
  if (std::abs(cfg.number("rescale_factor", 1.0 / 255, 0, 1) - 1.0 / 255) > 1e-9) {
    fail(ErrorCode::kUnsupported, place, ": \"rescale_factor\" is not 1/255");
  }
  p.mean = cfg.three_numbers("image_mean", p.mean);
  p.std = cfg.three_numbers("image_std", p.std);
  for (const float deviation : p.std) {
    if (!(deviation > 0))
      fail(ErrorCode::kCorrupt, place, ": \"image_std\" contains ", deviation, ", expected more than 0");
  }
}

}  // namespace

ModelConfig config_from_hugging_face(const Json& json, const Json& preprocessor, const std::string& place) {
  JsonReader top(json, place);
  const std::string type = top.text("model_type", "clip");
  if (!type.starts_with("clip"))
    fail(ErrorCode::kUnsupported, place, ": \"model_type\" is \"", type, "\", expected \"clip\"");
  const Json text_json = sub_config(json, "text_config"), vision_json = sub_config(json, "vision_config");
  JsonReader text(text_json, place + " text_config"), vision(vision_json, place + " vision_config");

  ModelConfig config;
  config.embed_dim = top.integer("projection_dim", text.integer("projection_dim", 512, 1, kMaxSize), 1, kMaxSize);
  VitConfig vit;
  vit.image_size = vision.integer("image_size", 224, 1, kMaxImage);
  vit.patch_size = vision.integer("patch_size", 32, 1, vit.image_size);
  vision.only("num_channels", 3);
  vit.transformer = transformer_of(vision, vit.transformer);
  config.vision = vit;
  config.text.context_length = text.integer("max_position_embeddings", 77, 1, 1 << 16);
  config.text.vocab_size = text.integer("vocab_size", 49408, 1, 1 << 24);
  config.text.transformer = transformer_of(text, config.text.transformer);
  // Early official files say 2, which is wrong; transformers then takes the largest id, and so do we.
  config.text.end_id = text.integer("eos_token_id", 49407, 0, 1 << 24);
  config.text.pooling = config.text.end_id == 2 ? TextPooling::kArgmax : TextPooling::kEndId;

  PreprocessConfig& p = config.preprocess;
  p.height = p.width = vit.image_size;
  p.color_order = ColorOrder::kBeforeResize;
  if (!preprocessor.is_null()) read_preprocessor(preprocessor, place + " (preprocessor_config.json)", p);
  return config;
}

}  // namespace clipkit
