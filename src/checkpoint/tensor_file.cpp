#include "clipkit/tensor_file.h"

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/safetensors.h"

namespace clipkit {

NamedTensors read_tensor_file(const std::filesystem::path& path) {
  Safetensors file = read_safetensors(MappedFile::open(path));
  if (!file.unreadable.empty()) {
    const auto& [name, dtype] = *file.unreadable.begin();
    fail(ErrorCode::kUnsupported, path.string(), ": tensor ", quote(name), " has elements of type ", dtype);
  }
  return {std::move(file.tensors), std::move(file.metadata)};
}

void write_tensor_file(const std::filesystem::path& path, const NamedTensors& content) {
  write_safetensors(path, content.tensors, content.metadata);
}

}  // namespace clipkit
