#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "checkpoint/pickle.h"

namespace clipkit {

// The tensor in the bytes of its storage, which owner keeps alive. Contiguous tensors point into it; others
// (transposed, expanded, columns) are gathered. Errors: kCorrupt if the storage is shorter than it says. A tensor
// expanded with stride 0 costs its file nothing and may ask for any amount of memory: limit its size first.
Tensor strided_tensor(const PickledTensor& tensor, std::string_view storage, const std::shared_ptr<const void>& owner,
                      std::string_view place);

}  // namespace clipkit
