#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "clipkit/model.h"
#include "clipkit/tokenizer.h"
#include "model/resize_positions.h"

namespace clipkit {

// What load(), inspect() and convert_checkpoint() start from: the tensors of a model with its configuration settled.
struct ModelSource {
  std::string place;       // begins every message
  Checkpoint checkpoint;   // tensors under OpenAI names
  bool generated = false;  // made-up weights: there is no file
  ModelConfig config;      // with the caller's overrides
  std::vector<std::string> assumptions;
  std::optional<PositionResize> position_resize;  // if the caller asked for other sizes than the checkpoint's
  bool has_image_tower = false, has_text_tower = false;
};

// The tokenizer that comes with the checkpoint, or CLIP's own. Errors: those of Tokenizer::from_files.
std::shared_ptr<const Tokenizer> open_tokenizer(const Checkpoint& checkpoint);

// path: a file or folder, "generated:NAME", or the name of a pulled checkpoint.
ModelSource open_model_source(const std::filesystem::path& path, const LoadOptions& options);

}  // namespace clipkit
