#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "clipkit/export.h"
#include "clipkit/tensor.h"

namespace clipkit {

// Named tensors with a few words about them, as a safetensors file holds them.
struct NamedTensors {
  std::map<std::string, Tensor, std::less<>> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads any safetensors file. The tensors point into the mapped file and keep it alive: read them, never write.
// Errors: kNotFound, kIo, kCorrupt; kUnsupported for elements that DType lacks (F8_E4M3 and the like), naming the
// tensor.
CLIPKIT_API NamedTensors read_tensor_file(const std::filesystem::path& path);

// Writes a safetensors file, replacing what is there in one step. Errors: kIo; kInvalidArgument for text that is not
// UTF-8.
CLIPKIT_API void write_tensor_file(const std::filesystem::path& path, const NamedTensors& content);

}  // namespace clipkit
