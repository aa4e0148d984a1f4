#include "tensor/laid_out.h"

#include <cstring>

#include "base/check.h"

namespace clipkit {

LaidOutMemory memory_for(LaidOut* known, std::string layout, size_t bytes) {
  constexpr size_t kStep = 64;
  const size_t rounded = (bytes + kStep - 1) / kStep * kStep;
  if (known != nullptr && known->words) {
    if (known->layout != layout) {
      fail(ErrorCode::kUnsupported, "its weights are laid out as \"", known->layout, "\", here they are read as \"",
           layout, "\"");
    }
    if (known->words.view().bytes() != rounded) {
      fail(ErrorCode::kCorrupt, "a weight laid out as \"", layout, "\" has ", known->words.view().bytes(),
           " bytes, expected ", rounded);
    }
    return {Tensor(known->words.view(), known->words.owner()), true};
  }
  Tensor words = Tensor::empty({static_cast<int64_t>(rounded / sizeof(uint64_t))}, DType::kUInt64);
  std::memset(static_cast<char*>(words.view().raw()) + bytes, 0, rounded - bytes);  // files have no random bytes
  if (known != nullptr) *known = {Tensor(words.view(), words.owner()), std::move(layout)};
  return {std::move(words), false};
}

}  // namespace clipkit
