#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/state_dict.h"
#include "tensor/laid_out.h"

// Checkpoints whose weights a backend has laid out already, docs/formats/prepared.md: in place of the tensor NAME there
// are its parts, NAME@0:LAYOUT and so on, (n) words of 64 bits each.

namespace clipkit {

// What a prepared checkpoint was made from and for; in the metadata of its file.
struct Preparation {
  std::string source{};       // the checkpoint as it was named
  std::string sha256{};       // of its weights and architecture, as Model::sha256()
  std::string precision{};    // "fp32", "bf16", "int8"
  std::string cpu{};          // instruction set, for messages: what has to fit are the layouts
  std::string clipkit{};      // version that wrote it
  bool fp16_weights = false;  // weights were rounded as OpenAI's loader does
};

std::map<std::string, std::string> to_metadata(const Preparation& preparation);

// Nothing if the checkpoint is none of these. place begins every message. Errors: kUnsupported for another version of
// the format; kCorrupt for metadata that lack something, or tensors that are not what the names say.
std::optional<Preparation> read_preparation(const StateDict& tensors,
                                            const std::map<std::string, std::string>& metadata, std::string_view place);

std::string laid_out_name(std::string_view name, size_t part, std::string_view layout);

// The parts of a weight, in order, sharing the memory; none if it is not laid out. Of tensors that have passed
// read_preparation().
std::vector<LaidOut> laid_out_parts(const StateDict& tensors, std::string_view name);

}  // namespace clipkit
