#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/checkpoint.h"
#include "clipkit/config.h"

// Where a model's configuration comes from.

namespace clipkit {

// The largest values that a configuration may name.
inline constexpr int kMaxSize = 1 << 20;   // of any width or vocabulary
inline constexpr int kMaxImage = 1 << 14;  // px
inline constexpr int kMaxLayers = 1 << 10;

// open_clip: {"model_cfg": {...}, "preprocess_cfg": {...}}, or model_cfg alone.
// Errors: kCorrupt; kUnsupported for a key or value that is not understood, naming it.
ModelConfig config_from_open_clip(const Json& json, const std::string& place);

// Hugging Face: config.json of a CLIPModel, preprocessor_config.json (may be null).
ModelConfig config_from_hugging_face(const Json& config, const Json& preprocessor, const std::string& place);

// clip.cpp: the metadata of a GGUF file.
ModelConfig config_from_gguf(const Json& metadata, const std::string& place);

// OpenAI's rule: sizes from the shapes, 64 channels a head. What cannot be seen is added to assumptions.
ModelConfig config_from_shapes(const StateDict& tensors, const std::string& place,
                               std::vector<std::string>& assumptions);

// The best of these that the checkpoint offers.
ModelConfig config_of(const Checkpoint& checkpoint, std::vector<std::string>& assumptions);

// A name (config_by_name) or a JSON file.
ModelConfig config_by_name_or_file(const std::string& name_or_file);

}  // namespace clipkit
