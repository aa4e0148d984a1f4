#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "checkpoint/pickle.h"

namespace clipkit {

// How many bytes the gathered copies of one file may take in all. A tensor expanded with stride 0 costs its file
// nothing, and could ask for any amount of memory.
struct GatherBudget {
  uint64_t bytes_left = 0;
};

// The tensor in the bytes of its storage, which owner keeps alive. Contiguous tensors point into it; others
// (transposed, expanded, columns) are gathered. Errors: kCorrupt if the storage is shorter than it says; kUnsupported
// over the budget.
Tensor strided_tensor(const PickledTensor& tensor, std::string_view storage, const std::shared_ptr<const void>& owner,
                      GatherBudget& budget, std::string_view place);

}  // namespace clipkit
