#pragma once

#include <filesystem>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "clipkit/config.h"
#include "clipkit/tokenizer.h"

namespace clipkit {

// The tokenizer that comes with the checkpoint, or CLIP's own. Errors: those of Tokenizer::from_files.
std::shared_ptr<const Tokenizer> open_tokenizer(const Checkpoint& checkpoint);

// vocab.json, merges.txt and what Hugging Face's loaders want beside them. Errors: kIo.
void write_tokenizer(const std::filesystem::path& folder, const Tokenizer& tokenizer, int context_length);

// A folder that every loader of open_clip's models reads: open_clip_model.safetensors, open_clip_config.json and, if
// there is one, the tokenizer. tensors: under OpenAI names; metadata: of their file. The folder is made where it is
// missing. Errors: kIo.
void write_model_folder(const std::filesystem::path& folder, const ModelConfig& config, const StateDict& tensors,
                        const Tokenizer* tokenizer,
                        const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace clipkit
