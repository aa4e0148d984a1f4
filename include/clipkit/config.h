#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clipkit/activation.h"
#include "clipkit/export.h"
#include "clipkit/preprocess.h"

namespace clipkit {

// A stack of residual attention blocks.
struct TransformerConfig {
  int width = 512;
  int layers = 12;
  int heads = 8;
  int mlp_width = 2048;
  Activation activation = Activation::kQuickGelu;
  double eps = 1e-5;  // of every LayerNorm
};

// Vision transformer, models.md section 3.
struct VitConfig {
  int image_size = 224, patch_size = 32;  // px
  TransformerConfig transformer{.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072};
};

// Modified ResNet, models.md section 4.
struct ResNetConfig {
  int image_size = 224;                    // px, a multiple of 32
  std::vector<int> blocks = {3, 4, 6, 3};  // per stage
  int stem_width = 64;                     // the attention pool is 32 times as wide
  int heads = 32;                          // of the attention pool
};

// Which position of a text gives its feature.
enum class TextPooling {
  kArgmax,  // the first position that holds the largest id
  kEndId,   // the first position that holds end_id
};

struct TextConfig {
  int context_length = 77;
  int vocab_size = 49408;
  TransformerConfig transformer{};
  TextPooling pooling = TextPooling::kArgmax;
  int end_id = 49407;  // kEndId only
};

struct ModelConfig {
  int embed_dim = 512;
  std::variant<VitConfig, ResNetConfig> vision;
  TextConfig text;
  PreprocessConfig preprocess;
  // Trained with the sigmoid loss (SigLIP), which has a bias beside the temperature.
  bool sigmoid_loss = false;

  CLIPKIT_API int image_size() const noexcept;
};

// What an encoder returns for each item.
enum class Output {
  kFeatures,          // (N, E): the embedding, not normalised
  kBeforeProjection,  // (N, D): what the last projection is applied to
  kTokens,  // (N, L, D): every token after the last block and its LayerNorm (ResNets: the last feature map, row by row)
};

// The architectures that come with clipkit, and one of them. Names are open_clip's: "ViT-B-32", "ViT-B-32-quickgelu",
// "RN50". OpenAI's spelling with a slash, "ViT-B/32" or "ViT-L/14@336px", means the variant with QuickGELU.
CLIPKIT_API std::vector<std::string> config_names();
// Errors: kNotFound, naming near matches.
CLIPKIT_API ModelConfig config_by_name(std::string_view name);
// open_clip's JSON: a model_cfg with or without the object around it. place begins every message.
// Errors: kCorrupt; kUnsupported for a key that is not understood, naming it.
CLIPKIT_API ModelConfig parse_config(std::string_view json, std::string_view place);
// The same form, with preprocess_cfg.
CLIPKIT_API std::string to_json(const ModelConfig& config);

}  // namespace clipkit
