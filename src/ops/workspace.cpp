#include "ops/workspace.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace clipkit {

TensorView Workspace::take(Shape shape, DType dtype) {
  constexpr size_t kAlignment = 64, kMinBlock = size_t{1} << 20;
  const auto elements = static_cast<size_t>(shape.num_elements());
  if (elements > (size_t{PTRDIFF_MAX} - kAlignment) / size_bytes(dtype)) {
    fail(ErrorCode::kOutOfMemory, "activations of shape ", to_string(shape), " do not fit into memory");
  }
  const size_t bytes = (elements * size_bytes(dtype) + kAlignment - 1) / kAlignment * kAlignment;
  while (block_ < blocks_.size() && blocks_[block_].view().bytes() - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t size = std::max({bytes, kMinBlock, wanted_});
    blocks_.push_back(backend_.allocate({static_cast<int64_t>(size)}, DType::kUInt8));
    used_ = 0;
  }
  auto* data = static_cast<char*>(blocks_[block_].view().raw()) + used_;
  used_ += bytes;
  in_use_ += bytes;
  peak_ = std::max(peak_, in_use_);
  return {static_cast<void*>(data), shape, dtype, backend_.device()};
}

void Workspace::reserve(size_t bytes) {
  if (blocks_.empty()) blocks_.push_back(backend_.allocate({static_cast<int64_t>(bytes)}, DType::kUInt8));
}

void Workspace::join_blocks() noexcept {
  if (blocks_.size() <= 1) return;
  wanted_ = capacity_bytes();
  blocks_.clear();  // the next take() allocates one block of the wanted size
}

size_t Workspace::capacity_bytes() const noexcept {
  size_t sum = 0;
  for (const Tensor& block : blocks_) sum += block.view().bytes();
  return sum;
}

}  // namespace clipkit
