#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/names.h"
#include "checkpoint/rename.h"
#include "checkpoint/state_dict.h"
#include "checkpoint/stored_tensors.h"

namespace clipkit {

// A checkpoint of any supported kind, opened without running anything in it.
struct Checkpoint {
  std::filesystem::path path;                // as given
  std::vector<std::filesystem::path> files;  // that hold the tensors
  bool is_emoji_model = false;               // the model in the library: there are no files (model/emoji_model.h)
  Container container{};
  Naming naming{};
  // Every tensor under its name in the file (after dropping "module." and the like).
  StateDict raw;
  // The model's tensors under OpenAI names; joined or transposed ones are copies, all others point into the file. What
  // a file does not have is not here: GGUF has no logit_scale, a single-tower file one tower. A name that no rule knows
  // is here as it stands, so that the model can refuse it.
  StateDict tensors;
  std::vector<TensorOrigin> origins;  // of every member of tensors, in the order of their names
  std::vector<std::string> ignored;   // raw names that are no part of the model, e.g. position_ids
  // What lies beside or inside the file, unparsed; null when absent. Of a folder: whatever is there, but no
  // open_clip_config.json for Hugging Face's tensors that have a config.json of their own. Beside a single file:
  // open_clip_config.json if the tensors have OpenAI's or open_clip's names (and the file is no TorchScript archive,
  // which is OpenAI's own), Hugging Face's files if they have its names and its config.json is a CLIP model's.
  Json open_clip_config;                         // open_clip_config.json
  Json hf_config;                                // config.json
  Json hf_preprocessor;                          // preprocessor_config.json
  Json gguf_metadata;                            // metadata of a GGUF file, one member per key
  std::map<std::string, std::string> metadata;   // __metadata__ of safetensors
  std::filesystem::path vocab_json, merges_txt;  // Hugging Face's tokenizer: both or neither; empty when absent
  std::filesystem::path tokenizer_json;          // the same in one file; empty when absent
};

// Opens a file, a folder, or the index of a checkpoint split into several files (model.safetensors.index.json).
// Errors: kNotFound, kIo, kCorrupt, kUnsupported (spec: checkpoints.md). Cost: that of the names; data are mapped, not
// read, but for what Renamed and GGUF's block types need copied.
Checkpoint open_checkpoint(const std::filesystem::path& path);

// A checkpoint without what lies beside its tensors: no files, no configurations, no tokenizer. path begins every
// message. Errors: kCorrupt, kUnsupported.
Checkpoint checkpoint_of(StoredTensors tensors, const std::filesystem::path& path);

}  // namespace clipkit
