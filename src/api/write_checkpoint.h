#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "api/model_source.h"
#include "clipkit/checkpoint.h"
#include "clipkit/tokenizer.h"

namespace clipkit {

// The model's tensors as they shall be written: positions resized if the caller asked for another size, dtype changed.
// Errors: kInvalidArgument for a type that is not floating.
StateDict tensors_to_write(const ModelSource& source, const LoadOptions& load_options, std::optional<DType> dtype);

// The tokenizer to write beside the model; null where there is no text tower, or the model's tokens are not the
// tokenizer's.
std::shared_ptr<const Tokenizer> tokenizer_to_write(const ModelSource& source);

// Writes them with the source's configuration and tokenizer, reads everything back as anybody would, and compares.
// Errors: kInvalidArgument (a folder where a file is to be written, or the other way round), kUnsupported (a layout
// that cannot express the model), kIo.
void write_checkpoint(const std::filesystem::path& to, const ModelSource& source, const StateDict& tensors,
                      CheckpointLayout layout);

}  // namespace clipkit
