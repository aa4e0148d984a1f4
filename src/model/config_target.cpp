#include "model/config_target.h"

#include "base/check.h"
#include "base/json.h"

namespace clipkit {

namespace {

const char* hidden_act(Activation activation) {
  switch (activation) {
    case Activation::kQuickGelu:
      return "quick_gelu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kGeluTanh:
      return "gelu_pytorch_tanh";
  }
  return "";
}

OrderedJson transformer_json(const char* model_type, const TransformerConfig& t, int embed_dim) {
  return {{"model_type", model_type},       {"hidden_size", t.width},        {"intermediate_size", t.mlp_width},
          {"num_attention_heads", t.heads}, {"num_hidden_layers", t.layers}, {"hidden_act", hidden_act(t.activation)},
          {"layer_norm_eps", t.eps},        {"projection_dim", embed_dim}};
}

}  // namespace

std::string hugging_face_config(const ModelConfig& config) {
  const auto* vit = std::get_if<VitConfig>(&config.vision);
  if (vit == nullptr) fail(ErrorCode::kUnsupported, "Hugging Face's CLIPModel has no ResNet; use the open_clip layout");
  OrderedJson text = transformer_json("clip_text_model", config.text.transformer, config.embed_dim);
  text["max_position_embeddings"] = config.text.context_length;
  text["vocab_size"] = config.text.vocab_size;
  // The start and end token are the last two of every vocabulary that CLIP was trained with.
  text["bos_token_id"] = config.text.vocab_size - 2;
  text["eos_token_id"] = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
  text["pad_token_id"] = 0;
  OrderedJson vision = transformer_json("clip_vision_model", vit->transformer, config.embed_dim);
  vision["image_size"] = vit->image_size;
  vision["patch_size"] = vit->patch_size;
  vision["num_channels"] = 3;
  const OrderedJson json = {
      {"architectures", {"CLIPModel"}},   {"model_type", "clip"},      {"projection_dim", config.embed_dim},
      {"logit_scale_init_value", 2.6592}, {"initializer_factor", 1.0}, {"text_config", text},
      {"vision_config", vision}};
  return json.dump(2) + "\n";
}

std::string hugging_face_preprocessor(const PreprocessConfig& p) {
  if (p.resize_mode == ResizeMode::kLongest) {
    fail(ErrorCode::kUnsupported,
         "Hugging Face's CLIPImageProcessor cannot resize the longer side; use the open_clip layout");
  }
  if (p.resize_mode == ResizeMode::kShortest && p.height != p.width) {
    fail(ErrorCode::kUnsupported, "Hugging Face's CLIPImageProcessor crops squares only; use the open_clip layout");
  }
  const OrderedJson exact = {{"height", p.height}, {"width", p.width}};
  const bool squash = p.resize_mode == ResizeMode::kSquash;
  const OrderedJson json = {{"image_processor_type", "CLIPImageProcessor"},
                            {"do_convert_rgb", p.color_order == ColorOrder::kBeforeResize},
                            {"do_resize", true},
                            {"size", squash ? exact : OrderedJson{{"shortest_edge", p.height}}},
                            {"resample", p.interpolation == Interpolation::kBicubic ? 3 : 2},
                            {"do_center_crop", !squash},
                            {"crop_size", exact},
                            {"do_rescale", true},
                            {"rescale_factor", 1.0 / 255},
                            {"do_normalize", true},
                            {"image_mean", p.mean},
                            {"image_std", p.std}};
  return json.dump(2) + "\n";
}

}  // namespace clipkit
