#include <cmath>
#include <map>
#include <set>

#include "base/check.h"
#include "model/config_source.h"

namespace clipkit {

namespace {

// Of sizes that a configuration can be made of: no axis is empty, as a patch of 0 pixels would be.
const Shape& shape_of(const StateDict& tensors, const std::string& name, int rank, const std::string& place) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" is missing");
  if (found->second.shape().rank() != rank) {
    fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has shape ", to_string(found->second.shape()),
         ", expected ", rank, " axes");
  }
  constexpr int64_t kMaxDimension = int64_t{1} << 24;
  for (const int64_t size : found->second.shape().sizes()) {
    if (size < 1 || size > kMaxDimension) {
      fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has shape ", to_string(found->second.shape()),
           ", expected sizes from 1 to ", kMaxDimension);
    }
  }
  return found->second.shape();
}

// Distinct numbers N among the names PREFIX N '.' ...
int count_indices(const StateDict& tensors, const std::string& prefix) {
  std::set<std::string> indices;
  for (auto it = tensors.lower_bound(prefix); it != tensors.end() && it->first.starts_with(prefix); ++it) {
    indices.insert(it->first.substr(prefix.size(), it->first.find('.', prefix.size()) - prefix.size()));
  }
  return static_cast<int>(indices.size());
}

int square_root(int64_t positions, const std::string& name, const std::string& place) {
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions))));
  if (side < 1 || side * side != positions) {
    fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has ", positions + 1,
         " rows, expected 1 more than a square");
  }
  return static_cast<int>(side);
}

// OpenAI gives every head 64 channels. open_clip's largest towers do not, and are known by width and depth.
int heads_of(int width, int layers) {
  static const std::map<std::pair<int, int>, int> kHeadWidth = {{{1280, 32}, 80}, {{1408, 40}, 88}, {{1664, 48}, 104}};
  const auto known = kHeadWidth.find({width, layers});
  return std::max(1, width / (known != kHeadWidth.end() ? known->second : 64));
}

TransformerConfig transformer_of(const StateDict& tensors, const std::string& prefix, const std::string& place) {
  TransformerConfig t;
  const Shape& c_fc = shape_of(tensors, prefix + "resblocks.0.mlp.c_fc.weight", 2, place);
  t.width = static_cast<int>(c_fc[1]);
  t.mlp_width = static_cast<int>(c_fc[0]);
  t.layers = count_indices(tensors, prefix + "resblocks.");
  t.heads = heads_of(t.width, t.layers);
  if (t.width % t.heads != 0) {
    fail(ErrorCode::kUnsupported, place, ": the heads of a tower of width ", t.width,
         " cannot be seen from the weights; give the architecture (a JSON file or name)");
  }
  return t;
}

}  // namespace

ModelConfig config_from_shapes(const StateDict& tensors, const std::string& place,
                               std::vector<std::string>& assumptions) {
  ModelConfig config;
  if (tensors.contains("visual.proj") || tensors.contains("visual.class_embedding")) {
    VitConfig vit;
    vit.transformer = transformer_of(tensors, "visual.transformer.", place);
    vit.patch_size = static_cast<int>(shape_of(tensors, "visual.conv1.weight", 4, place)[3]);
    const Shape& positions = shape_of(tensors, "visual.positional_embedding", 2, place);
    vit.image_size = vit.patch_size * square_root(positions[0] - 1, "visual.positional_embedding", place);
    config.embed_dim = static_cast<int>(shape_of(tensors, "visual.proj", 2, place)[1]);
    config.vision = vit;
  } else if (tensors.contains("visual.layer1.0.conv1.weight")) {
    ResNetConfig resnet;
    for (int stage = 1; stage <= 4; ++stage) {
      resnet.blocks[static_cast<size_t>(stage - 1)] = count_indices(tensors, concat("visual.layer", stage, "."));
    }
    resnet.stem_width = static_cast<int>(shape_of(tensors, "visual.layer1.0.conv1.weight", 4, place)[0]);
    const std::string positions = "visual.attnpool.positional_embedding";
    resnet.image_size = 32 * square_root(shape_of(tensors, positions, 2, place)[0] - 1, positions, place);
    resnet.heads = std::max(1, resnet.stem_width * 32 / 64);
    config.embed_dim = static_cast<int>(shape_of(tensors, "visual.attnpool.c_proj.weight", 2, place)[0]);
    config.vision = resnet;
  }
  if (tensors.contains("token_embedding.weight")) {
    config.text.transformer = transformer_of(tensors, "transformer.", place);
    config.text.context_length = static_cast<int>(shape_of(tensors, "positional_embedding", 2, place)[0]);
    config.text.vocab_size = static_cast<int>(shape_of(tensors, "token_embedding.weight", 2, place)[0]);
    config.text.end_id = config.text.vocab_size - 1;
    config.embed_dim = static_cast<int>(shape_of(tensors, "text_projection", 2, place)[1]);
  } else if (!tensors.contains("visual.conv1.weight")) {
    fail(ErrorCode::kUnsupported, place, ": no CLIP tower among its ", tensors.size(), " tensors");
  }
  config.preprocess.height = config.preprocess.width = config.image_size();
  assumptions.push_back("The number of heads was taken from the widths (64 channels a head, OpenAI's rule).");
  return config;
}

ModelConfig config_of(const Checkpoint& checkpoint, std::vector<std::string>& assumptions) {
  const std::string place = checkpoint.path.string();
  if (!checkpoint.open_clip_config.is_null()) {
    return config_from_open_clip(checkpoint.open_clip_config, place + " (open_clip_config.json)");
  }
  if (checkpoint.naming == Naming::kHuggingFace && !checkpoint.hf_config.is_null()) {
    return config_from_hugging_face(checkpoint.hf_config, checkpoint.hf_preprocessor, place + " (config.json)");
  }
  if (checkpoint.naming == Naming::kGguf) {
    ModelConfig config = config_from_gguf(checkpoint.gguf_metadata, place);
    if (const auto table = checkpoint.tensors.find("token_embedding.weight"); table != checkpoint.tensors.end()) {
      config.text.vocab_size = static_cast<int>(table->second.shape()[0]);
    }
    assumptions.push_back("A GGUF file stores no merges: CLIP's own tokenizer is used.");
    return config;
  }
  ModelConfig config = config_from_shapes(checkpoint.tensors, place, assumptions);
  if (checkpoint.container == Container::kTorchScript) {
    assumptions.push_back("The activation is QuickGELU, as in every TorchScript archive that OpenAI released.");
  } else {
    assumptions.push_back(
        "The file does not say which activation its MLPs use: QuickGELU, as in OpenAI's models, was taken. Most models "
        "that "
        "open_clip trained need --activation gelu.");
  }
  return config;
}

}  // namespace clipkit
