#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/mapped_file.h"
#include "checkpoint/byte_source.h"
#include "checkpoint/state_dict.h"

namespace clipkit {

// docs/formats/safetensors.md
struct Safetensors {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
  // Tensors whose element type DType lacks, and its name there: "F8_E4M3", "C64". They were checked as all others.
  std::map<std::string, std::string, std::less<>> unreadable;
};

// The tensors point into the file; those that lie at an address that does not suit their elements are copies.
// Errors: kCorrupt for whatever checkpoints.md section 6 forbids; kUnsupported for more than Shape::kMaxRank axes.
// Cost: that of the header; the data are not touched.
Safetensors read_safetensors(const ByteSource& source);
inline Safetensors read_safetensors(std::shared_ptr<const MappedFile> file) {
  return read_safetensors(byte_source(std::move(file)));
}

// Writes the header with names in byte order and the data buffer at a multiple of 64, replacing the file in one step.
// Within the buffer wider elements come first, then names in byte order, so that every tensor suits its elements.
// Errors: kInvalidArgument (a name or metadata text that is not UTF-8, a tensor called "__metadata__", a header of more
// than 100,000,000 bytes), kIo.
void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace clipkit
