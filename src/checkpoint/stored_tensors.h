#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "checkpoint/byte_source.h"
#include "checkpoint/state_dict.h"

namespace clipkit {

// How a checkpoint's file(s) hold the tensors.
enum class Container { kSafetensors, kTorchZip, kTorchScript, kTorchLegacy, kGguf };

const char* to_string(
    Container container) noexcept;  // "safetensors", "PyTorch zip", "TorchScript", "PyTorch stream", "GGUF"

// What one file holds, under its own names.
struct StoredTensors {
  Container container{};
  StateDict tensors;
  // Well-formed tensors that clipkit has no means to represent, and why: "elements of type F8_E4M3". Whoever needs one
  // of them fails with kUnsupported; the rest of the file is usable.
  std::map<std::string, std::string, std::less<>> unreadable;
  std::map<std::string, std::string> metadata;  // __metadata__ of safetensors
  Json gguf_metadata;                           // one member per key; null for other containers
};

// Reads a file of any kind, told apart by its first bytes (checkpoints.md section 1). Nothing in the file is run.
// Tensors point into the source where they can. Errors: kCorrupt, kUnsupported.
StoredTensors read_stored_tensors(const ByteSource& source);

}  // namespace clipkit
