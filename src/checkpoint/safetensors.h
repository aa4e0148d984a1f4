#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/mapped_file.h"
#include "checkpoint/state_dict.h"

namespace clipkit {

struct Safetensors {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

// The tensors point into the file. Errors: kCorrupt for whatever checkpoints.md section 6 forbids.
Safetensors read_safetensors(std::shared_ptr<const MappedFile> file);

// Writes names in byte order, data aligned to 64 bytes, replacing the file in one step.
void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace clipkit
