#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/state_dict.h"

namespace clipkit {

// How a checkpoint names its tensors.
enum class Naming { kOpenAi, kOpenClipCustomText, kHuggingFace, kGguf };

// How its file(s) hold them.
enum class Container { kSafetensors, kTorchZip, kTorchScript, kTorchLegacy, kGguf };

// Where one tensor of the model comes from.
struct TensorOrigin {
  std::string canonical;             // name in the OpenAI layout (spec: models.md section 8)
  std::vector<std::string> sources;  // names in the file; three for a joined q, k, v
  bool transposed = false;
};

// A checkpoint of any supported kind, opened without running anything in it.
struct Checkpoint {
  std::filesystem::path path;                // as given
  std::vector<std::filesystem::path> files;  // that hold the tensors
  Container container{};
  Naming naming{};
  StateDict raw;                             // every tensor under its name in the file (after dropping "module." and the like)
  StateDict tensors;                         // the model's tensors under OpenAI names; joined or transposed ones are copies
  std::vector<TensorOrigin> origins;
  std::vector<std::string> ignored;          // raw names that are no part of the model, e.g. position_ids
  // What lies beside or inside the file, unparsed; null when absent.
  Json open_clip_config;     // open_clip_config.json
  Json hf_config;            // config.json
  Json hf_preprocessor;      // preprocessor_config.json
  Json gguf_metadata;        // metadata of a GGUF file, one member per key
  std::map<std::string, std::string> metadata;  // __metadata__ of safetensors
  std::filesystem::path vocab_json, merges_txt; // empty when absent
};

// Opens a file or folder. Errors: kNotFound, kIo, kCorrupt, kUnsupported (spec: checkpoints.md).
Checkpoint open_checkpoint(const std::filesystem::path& path);

// The same tensors renamed from the OpenAI layout to another. Errors: kUnsupported (a ResNet has no Hugging Face form).
StateDict rename_tensors(const StateDict& openai, Naming to);

}  // namespace clipkit
