#include "model/config_source.h"
#include "model/json_reader.h"

namespace clipkit {

namespace {

double norm_eps(JsonReader& cfg) {
  const Json* kwargs = cfg.find("norm_kwargs");
  if (kwargs == nullptr) return 1e-5;
  JsonReader reader(*kwargs, cfg.place() + " norm_kwargs");
  const double eps = reader.number("eps", 1e-5, 0, 1);
  reader.reject_unknown();
  return eps;
}

Activation activation_of(JsonReader& cfg, bool quick_gelu) {
  const Json* kwargs = cfg.find("act_kwargs");
  if (kwargs == nullptr) return quick_gelu ? Activation::kQuickGelu : Activation::kGelu;
  JsonReader reader(*kwargs, cfg.place() + " act_kwargs");
  const std::string approximate = reader.text("approximate", "none");
  reader.reject_unknown();
  if (approximate != "none" && approximate != "tanh") {
    fail(ErrorCode::kUnsupported, reader.place(), ": \"approximate\" is \"", approximate,
         "\", expected \"none\" or \"tanh\"");
  }
  if (quick_gelu) return Activation::kQuickGelu;
  return approximate == "tanh" ? Activation::kGeluTanh : Activation::kGelu;
}

// What open_clip can switch on and clipkit's towers do not have.
void reject_variants(JsonReader& cfg) {
  for (const char* key : {"ls_init_value", "timm_model_name", "hf_model_name", "hf_tokenizer_name"})
    cfg.only(key, nullptr);
  for (const char* key : {"no_ln_pre", "final_ln_after_pool", "no_causal_mask", "proj_bias", "embed_cls",
                          "attentional_pool", "input_patchnorm", "global_average_pool"}) {
    cfg.only(key, false);
  }
  // These change training or tokenising, or what is returned, and not the mathematics of a tower.
  for (const char* key : {"output_tokens", "patch_dropout", "tokenizer_kwargs", "pad_id"}) cfg.ignore(key);
}

std::variant<VitConfig, ResNetConfig> vision_of(const Json& json, bool quick_gelu, const std::string& place) {
  JsonReader cfg(json, place + " vision_cfg");
  reject_variants(cfg);
  const int image_size = cfg.integer("image_size", 224, 1, kMaxImage);
  const int head_width = cfg.integer("head_width", 64, 1, kMaxSize);
  const Json* layers = cfg.find("layers");
  if (layers != nullptr && layers->is_array()) {
    ResNetConfig resnet;
    resnet.image_size = image_size;
    resnet.stem_width = cfg.integer("width", 64, 2, kMaxSize / 64);
    cfg.ignore("patch_size");
    cfg.ignore("mlp_ratio");
    if (layers->size() != 4)
      fail(ErrorCode::kCorrupt, cfg.place(), ": \"layers\" has ", layers->size(), " stages, expected 4");
    for (size_t i = 0; i < 4; ++i) resnet.blocks[i] = cfg.to_integer((*layers)[i], "layers", 1, kMaxLayers);
    if (resnet.stem_width % 2 != 0)
      fail(ErrorCode::kCorrupt, cfg.place(), ": \"width\" is ", resnet.stem_width, ", expected an even number");
    if (resnet.stem_width * 32 % head_width != 0) {
      fail(ErrorCode::kCorrupt, cfg.place(), ": \"head_width\" ", head_width, " does not divide ",
           resnet.stem_width * 32);
    }
    resnet.heads = resnet.stem_width * 32 / head_width;
    if (image_size % 32 != 0)
      fail(ErrorCode::kCorrupt, cfg.place(), ": \"image_size\" is ", image_size, ", expected a multiple of 32");
    cfg.reject_unknown();
    return resnet;
  }
  cfg.only("pool_type", "tok");
  VitConfig vit;
  vit.image_size = image_size;
  vit.patch_size = cfg.integer("patch_size", 16, 1, image_size);
  TransformerConfig& t = vit.transformer;
  t.width = cfg.integer("width", 768, 1, kMaxSize);
  t.layers = cfg.integer("layers", 12, 1, kMaxLayers);
  t.mlp_width = static_cast<int>(t.width * cfg.number("mlp_ratio", 4.0, 1.0 / t.width, 64));
  t.activation = activation_of(cfg, quick_gelu);
  t.eps = norm_eps(cfg);
  if (t.width % head_width != 0)
    fail(ErrorCode::kCorrupt, cfg.place(), ": \"head_width\" ", head_width, " does not divide \"width\" ", t.width);
  t.heads = t.width / head_width;
  cfg.reject_unknown();
  return vit;
}

TextConfig text_of(const Json& json, bool quick_gelu, const std::string& place) {
  JsonReader cfg(json, place + " text_cfg");
  reject_variants(cfg);
  TextConfig text;
  text.context_length = cfg.integer("context_length", 77, 1, 1 << 16);
  text.vocab_size = cfg.integer("vocab_size", 49408, 1, 1 << 24);
  TransformerConfig& t = text.transformer;
  t.width = cfg.integer("width", 512, 1, kMaxSize);
  t.heads = cfg.integer("heads", 8, 1, kMaxSize);
  t.layers = cfg.integer("layers", 12, 1, kMaxLayers);
  t.mlp_width = static_cast<int>(t.width * cfg.number("mlp_ratio", 4.0, 1.0 / t.width, 64));
  t.activation = activation_of(cfg, quick_gelu);
  t.eps = norm_eps(cfg);
  if (t.width % t.heads != 0)
    fail(ErrorCode::kCorrupt, cfg.place(), ": ", t.heads, " heads do not divide \"width\" ", t.width);
  const std::string pool = cfg.text("pool_type", "argmax");
  if (pool == "eos") {
    text.pooling = TextPooling::kEndId;
  } else if (pool != "argmax") {
    fail(ErrorCode::kUnsupported, cfg.place(), ": \"pool_type\" is \"", pool,
         "\", clipkit supports \"argmax\" and \"eos\"");
  }
  text.end_id = cfg.integer("eos_id", text.vocab_size - 1, 0, text.vocab_size - 1);
  cfg.reject_unknown();
  return text;
}

void read_preprocess(const Json& json, const std::string& place, PreprocessConfig& p) {
  JsonReader cfg(json, place + " preprocess_cfg");
  if (const Json* size = cfg.find("size")) {
    const bool pair = size->is_array() && size->size() == 2;
    p.height = cfg.to_integer(pair ? (*size)[0] : *size, "size", 1, kMaxImage);
    p.width = cfg.to_integer(pair ? (*size)[1] : *size, "size", 1, kMaxImage);
  }
  p.mean = cfg.three_numbers("mean", p.mean);
  p.std = cfg.three_numbers("std", p.std);
  for (const float deviation : p.std) {
    if (!(deviation > 0))
      fail(ErrorCode::kCorrupt, cfg.place(), ": \"std\" contains ", deviation, ", expected more than 0");
  }
  const std::string interpolation = cfg.text("interpolation", "bicubic");
  if (interpolation == "bilinear") {
    p.interpolation = Interpolation::kBilinear;
  } else if (interpolation != "bicubic" && interpolation != "random") {
    fail(ErrorCode::kUnsupported, cfg.place(), ": \"interpolation\" is \"", interpolation,
         "\", expected \"bicubic\" or \"bilinear\"");
  }
  const std::string mode = cfg.text("resize_mode", "shortest");
  if (mode == "squash") {
    p.resize_mode = ResizeMode::kSquash;
  } else if (mode == "longest") {
    p.resize_mode = ResizeMode::kLongest;
  } else if (mode != "shortest") {
    fail(ErrorCode::kUnsupported, cfg.place(), ": \"resize_mode\" is \"", mode,
         "\", expected \"shortest\", \"longest\" or \"squash\"");
  }
  p.fill_color = static_cast<uint8_t>(cfg.integer("fill_color", 0, 0, 255));
  cfg.only("mode", "RGB");
  cfg.reject_unknown();
}

}  // namespace

ModelConfig config_from_open_clip(const Json& json, const std::string& place) {
  JsonReader outer(json, place);
  const Json* inner = outer.find("model_cfg");
  JsonReader cfg(inner != nullptr ? *inner : json, place);
  const bool quick_gelu = cfg.boolean("quick_gelu", false);
  const Json empty = Json::object();
  const Json* vision = cfg.find("vision_cfg");
  const Json* text = cfg.find("text_cfg");
  ModelConfig config;
  config.embed_dim = cfg.required_integer("embed_dim", 1, kMaxSize);
  config.vision = vision_of(vision != nullptr ? *vision : empty, quick_gelu, place);
  config.text = text_of(text != nullptr ? *text : empty, quick_gelu, place);
  config.preprocess.height = config.preprocess.width = config.image_size();
  cfg.ignore("custom_text");       // changes names only
  cfg.ignore("init_logit_scale");  // where training starts
  if (const Json* bias = cfg.find("init_logit_bias"); bias != nullptr && !bias->is_null()) {
    if (!bias->is_number())
      fail(ErrorCode::kCorrupt, place, ": \"init_logit_bias\" is ", bias->dump(), ", expected a number");
    config.sigmoid_loss = true;
  }
  cfg.only("multimodal_cfg", nullptr);
  if (inner != nullptr) {
    if (const Json* preprocess = outer.find("preprocess_cfg")) read_preprocess(*preprocess, place, config.preprocess);
    outer.reject_unknown();
  }
  cfg.reject_unknown();
  return config;
}

}  // namespace clipkit
