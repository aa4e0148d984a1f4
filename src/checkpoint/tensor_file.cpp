#include "checkpoint/tensor_file.h"

#include "base/check.h"
#include "checkpoint/safetensors.h"

namespace clipkit {

const char* to_string(Container container) noexcept {
  switch (container) {
    case Container::kSafetensors:
      return "safetensors";
    case Container::kTorchZip:
      return "PyTorch zip";
    case Container::kTorchScript:
      return "TorchScript";
    case Container::kTorchLegacy:
      return "PyTorch stream";
    case Container::kGguf:
      return "GGUF";
  }
  return "unknown";
}

TensorFile read_tensor_file(const ByteSource& source) {
  const std::string_view text = source.text();
  if (text.size() > 8 && text[8] == '{') {
    Safetensors file = read_safetensors(source);
    TensorFile result;
    result.container = Container::kSafetensors;
    result.tensors = std::move(file.tensors);
    for (auto& [name, dtype] : file.unreadable) result.unreadable.emplace(name, concat("elements of type ", dtype));
    result.metadata = std::move(file.metadata);
    return result;
  }
  fail(ErrorCode::kUnsupported, source.place, ": not a checkpoint; expected safetensors");
}

}  // namespace clipkit
