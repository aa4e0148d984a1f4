#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/prepared.h"
#include "clipkit/model.h"
#include "model/model_folder.h"
#include "model/resize_positions.h"

namespace clipkit {

// What load(), inspect() and convert_checkpoint() start from: the tensors of a model with its configuration settled.
struct ModelSource {
  std::string place;       // begins every message
  Checkpoint checkpoint;   // tensors under OpenAI names; those of int8 widened, unless that is the precision asked for
  bool generated = false;  // made-up weights: there is no file
  ModelConfig config;      // with the caller's overrides
  std::vector<std::string> assumptions;
  std::optional<PositionResize> position_resize;  // if the caller asked for other sizes than the checkpoint's
  bool has_image_tower = false, has_text_tower = false;
  std::optional<Preparation> prepared;  // weights are laid out already
};

// Other sizes or another activation, where the options ask for them. Errors: kInvalidArgument.
void apply_overrides(ModelConfig& config, const LoadOptions& options, const std::string& place);

// What becomes of a prepared checkpoint, whose weights can be run and nothing else.
enum class Prepared {
  kRefused,
  kAsItIs,
  kToRun,  // refused if it was not prepared for these options
};
// path: what load() takes.
ModelSource open_model_source(const std::filesystem::path& path, const LoadOptions& options,
                              Prepared prepared = Prepared::kRefused);

// The digest of all weights, by name, and of the architecture: the same for any file format that holds them.
std::string model_digest(const ModelSource& source);
std::string model_digest(const std::filesystem::path& path, const LoadOptions& options);

}  // namespace clipkit
