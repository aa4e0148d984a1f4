#include "clipkit/config.h"

#include <algorithm>
#include <array>

#include "base/asset.h"
#include "base/check.h"
#include "model/config_source.h"

CLIPKIT_DECLARE_ASSET(configs);

namespace clipkit {

namespace {

// configs/*.json, joined at build time into one object: name to content.
const Json& shipped_configs() {
  static const Json configs = parse_json(CLIPKIT_ASSET(configs), "configs");
  return configs;
}

// "ViT-L/14@336px" to "ViT-L-14-336-quickgelu".
std::string open_clip_name(std::string_view name) {
  std::string result(name);
  if (result.find('/') == std::string::npos) return result;
  std::replace(result.begin(), result.end(), '/', '-');
  if (const size_t at = result.find("@336px"); at != std::string::npos) result.replace(at, 6, "-336");
  return result + "-quickgelu";
}

// The shortest decimals that give the same floats, as other programs write them.
OrderedJson decimals(const std::array<float, 3>& values) {
  return OrderedJson::parse(concat('[', values[0], ", ", values[1], ", ", values[2], ']'));
}

OrderedJson activation_json(Activation activation) {
  return activation == Activation::kGeluTanh ? OrderedJson{{"approximate", "tanh"}} : OrderedJson();
}

void add_norm_and_activation(OrderedJson& json, const TransformerConfig& config) {
  if (config.eps != 1e-5) json["norm_kwargs"] = {{"eps", config.eps}};
  if (config.activation == Activation::kGeluTanh) json["act_kwargs"] = activation_json(config.activation);
}

OrderedJson vision_json(const ModelConfig& config) {
  OrderedJson json;
  if (const auto* resnet = std::get_if<ResNetConfig>(&config.vision)) {
    json["image_size"] = resnet->image_size;
    json["layers"] = resnet->blocks;
    json["width"] = resnet->stem_width;
    json["patch_size"] = nullptr;
    if (resnet->heads * 64 != resnet->stem_width * 32) json["head_width"] = resnet->stem_width * 32 / resnet->heads;
    return json;
  }
  const auto& vit = std::get<VitConfig>(config.vision);
  const TransformerConfig& t = vit.transformer;
  json["image_size"] = vit.image_size;
  json["layers"] = t.layers;
  json["width"] = t.width;
  json["patch_size"] = vit.patch_size;
  json["head_width"] = t.width / t.heads;
  // open_clip truncates width * mlp_ratio: half a channel more survives any rounding of the decimal form.
  json["mlp_ratio"] = t.mlp_width % t.width == 0 ? double(t.mlp_width / t.width) : (t.mlp_width + 0.5) / t.width;
  add_norm_and_activation(json, t);
  return json;
}

}  // namespace

int ModelConfig::image_size() const noexcept {
  return std::visit([](const auto& tower) { return tower.image_size; }, vision);
}

std::vector<std::string> config_names() {
  std::vector<std::string> names;
  for (const auto& [name, config] : shipped_configs().items()) names.push_back(name);
  return names;
}

ModelConfig config_by_name(std::string_view name) {
  const std::string wanted = open_clip_name(name);
  const Json& configs = shipped_configs();
  if (const auto found = configs.find(wanted); found != configs.end()) return config_from_open_clip(*found, wanted);
  std::string known;
  for (const std::string& candidate : config_names()) known += (known.empty() ? "" : ", ") + candidate;
  fail(ErrorCode::kNotFound, "no architecture is called \"", name, "\"; known are ", known);
}

ModelConfig parse_config(std::string_view json, std::string_view place) {
  return config_from_open_clip(parse_json(json, place), std::string(place));
}

ModelConfig config_by_name_or_file(const std::string& name_or_file) {
  if (name_or_file.ends_with(".json")) {
    const Json json = read_json(name_or_file);
    const bool hugging_face = json.contains("text_config") || json.contains("vision_config");
    return hugging_face ? config_from_hugging_face(json, nullptr, name_or_file)
                        : config_from_open_clip(json, name_or_file);
  }
  return config_by_name(name_or_file);
}

std::string to_json(const ModelConfig& config) {
  OrderedJson model;
  model["embed_dim"] = config.embed_dim;
  const TransformerConfig& text = config.text.transformer;
  if (text.activation == Activation::kQuickGelu) model["quick_gelu"] = true;
  model["vision_cfg"] = vision_json(config);
  OrderedJson& text_cfg = model["text_cfg"];
  text_cfg["context_length"] = config.text.context_length;
  text_cfg["vocab_size"] = config.text.vocab_size;
  text_cfg["width"] = text.width;
  text_cfg["heads"] = text.heads;
  text_cfg["layers"] = text.layers;
  if (text.mlp_width != 4 * text.width) text_cfg["mlp_ratio"] = (text.mlp_width + 0.5) / text.width;
  if (config.text.pooling == TextPooling::kEndId) {
    text_cfg["pool_type"] = "eos";
    text_cfg["eos_id"] = config.text.end_id;
  }
  add_norm_and_activation(text_cfg, text);

  if (config.sigmoid_loss) {  // SigLIP's own starting points
    model["init_logit_scale"] = 2.302585;
    model["init_logit_bias"] = -10;
  }

  const PreprocessConfig& p = config.preprocess;
  OrderedJson preprocess;
  preprocess["size"] = {p.height, p.width};
  preprocess["mean"] = decimals(p.mean);
  preprocess["std"] = decimals(p.std);
  preprocess["interpolation"] = p.interpolation == Interpolation::kBicubic ? "bicubic" : "bilinear";
  preprocess["resize_mode"] = p.resize_mode == ResizeMode::kShortest  ? "shortest"
                              : p.resize_mode == ResizeMode::kLongest ? "longest"
                                                                      : "squash";
  if (p.fill_color != 0) preprocess["fill_color"] = p.fill_color;
  return OrderedJson{{"model_cfg", model}, {"preprocess_cfg", preprocess}}.dump(2) + "\n";
}

}  // namespace clipkit
