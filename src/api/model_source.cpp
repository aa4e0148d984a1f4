#include "api/model_source.h"

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/sha256.h"
#include "checkpoint/quantized_tensors.h"
#include "clipkit/fetch.h"
#include "model/config_source.h"
#include "model/emoji_model.h"
#include "model/generated_weights.h"

namespace clipkit {

namespace {

constexpr std::string_view kGenerated = "generated:";

bool has_prefix(const StateDict& tensors, std::string_view prefix) {
  const auto first = tensors.lower_bound(prefix);
  return first != tensors.end() && first->first.starts_with(prefix);
}

std::filesystem::path resolve(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return path;
  const std::filesystem::path cached = find_cached(path.string());
  if (!cached.empty()) return cached;
  std::string hint;
  for (const PublishedCheckpoint& published : published_checkpoints()) {
    if (published.name == path.string() || published.file == path.string()) {
      hint = concat("; it is published: \"clipkit pull ", published.name, "\" downloads it");
    }
  }
  fail(ErrorCode::kNotFound, path.string(), ": no such file or folder, and no checkpoint of that name was pulled",
       hint);
}

}  // namespace

void apply_overrides(ModelConfig& config, const LoadOptions& options, const std::string& place) {
  if (options.activation) {
    config.text.transformer.activation = *options.activation;
    if (auto* vit = std::get_if<VitConfig>(&config.vision)) vit->transformer.activation = *options.activation;
  }
  if (options.context_length) {
    CLIPKIT_CHECK(*options.context_length >= 2 && *options.context_length <= 1 << 16, "context length ",
                  *options.context_length, ", expected 2 to 65536");
    config.text.context_length = *options.context_length;
  }
  if (!options.image_size) return;
  const int size = *options.image_size;
  const auto* vit = std::get_if<VitConfig>(&config.vision);
  const int least = vit != nullptr ? vit->patch_size : 32;
  CLIPKIT_CHECK(size >= least && size <= 1 << 14 && (vit != nullptr || size % 32 == 0), place, ": image size ", size,
                ", expected ", least, " to 16384", vit != nullptr ? "" : " and a multiple of 32");
  std::visit([&](auto& tower) { tower.image_size = size; }, config.vision);
  config.preprocess.height = config.preprocess.width = size;
}

namespace {

// What is settled when weights are laid out cannot be asked for later.
void check_fits(const Preparation& prepared, const LoadOptions& options, const std::string& place) {
  if (prepared.precision != to_string(options.precision)) {
    fail(ErrorCode::kInvalidArgument, place, ": was prepared for precision ", prepared.precision, ", not for ",
         to_string(options.precision));
  }
  if (options.image_size || options.context_length || options.activation || !options.config.empty() ||
      (options.round_weights_to_fp16 && !prepared.fp16_weights)) {
    fail(ErrorCode::kInvalidArgument, place,
         ": image size, context length, activation, architecture and rounding are chosen when a model is prepared; "
         "prepare ",
         prepared.source, " again with them");
  }
}

}  // namespace

ModelSource open_model_source(const std::filesystem::path& path, const LoadOptions& options, Prepared prepared) {
  ModelSource source;
  source.place = path.string();
  if (source.place.starts_with(kGenerated)) {
    source.generated = true;
    source.config = config_by_name_or_file(source.place.substr(kGenerated.size()));
    source.checkpoint.path = path;
    run_on_compute_thread([&] { source.checkpoint.tensors = generate_weights(source.config); });
    source.assumptions.push_back(
        "The weights are made up: a fixed function of tensor names. What the model says means nothing.");
  } else {
    const bool shipped = path.empty() || path == kEmojiModel;
    source.checkpoint = shipped ? open_emoji_model() : open_checkpoint(resolve(path));
    source.place = shipped ? kEmojiModel : source.place;
    source.config = options.config.empty() ? config_of(source.checkpoint, source.assumptions)
                                           : config_by_name_or_file(options.config);
    if (!source.checkpoint.tensors.contains("logit_scale")) {
      source.assumptions.push_back(
          "The file holds no temperature: a scale of 100, that of every released model, was taken.");
    }
  }
  source.prepared = read_preparation(source.checkpoint.tensors, source.checkpoint.metadata, source.place);
  if (source.prepared) {
    if (prepared == Prepared::kRefused) {
      fail(ErrorCode::kUnsupported, source.place, ": holds weights as they are multiplied, which can only be run; use ",
           source.prepared->source, ", from which it was prepared");
    }
    if (prepared == Prepared::kToRun) check_fits(*source.prepared, options, source.place);
  }
  apply_overrides(source.config, options, source.place);
  const bool quantized = check_quantized_tensors(source.checkpoint.tensors, source.place);
  if (!source.prepared && quantized && options.precision != Precision::kInt8) {
    widen_quantized_tensors(source.checkpoint.tensors);
  }
  if (!source.prepared && !quantized && options.precision == Precision::kInt8) {
    fail(ErrorCode::kInvalidArgument, source.place,
         ": precision int8 needs a checkpoint that \"clipkit quantize\" wrote; this one holds no weights of int8");
  }
  if (options.image_size || options.context_length || !options.config.empty()) {
    const bool hugging_face = !source.generated && source.checkpoint.naming == Naming::kHuggingFace;
    source.position_resize = hugging_face ? PositionResize::kPlain : PositionResize::kAntialias;
  }
  const StateDict& tensors = source.checkpoint.tensors;
  source.has_image_tower = has_prefix(tensors, "visual.");
  source.has_text_tower = tensors.contains("token_embedding.weight");
  return source;
}

std::string model_digest(const std::filesystem::path& path, const LoadOptions& options) {
  const ModelSource source = open_model_source(path, options, Prepared::kAsItIs);
  if (source.prepared) return source.prepared->sha256;
  return model_digest(source);
}

std::string model_digest(const ModelSource& source) {
  Sha256 sha;
  const auto add = [&](const std::string& text) { sha.update(text.c_str(), text.size() + 1); };
  add(to_json(source.config));
  for (const auto& [name, tensor] : source.checkpoint.tensors) {
    add(name);
    add(concat(to_string(tensor.dtype()), " ", to_string(tensor.shape())));
    sha.update(tensor.view().raw(), tensor.view().bytes());
  }
  return sha.hex_digest();
}

}  // namespace clipkit
