#pragma once

#include <vector>

#include "ops/backend.h"

namespace clipkit {

// Memory for activations that is taken and given back in stack order and kept from one call to the next, so that a
// model in use neither allocates nor touches fresh pages. When a call needed more than one block, the next reset joins
// them.
class Workspace {
 public:
  explicit Workspace(Backend& backend) : backend_(backend) {}

  // Uninitialised, aligned to 64 bytes, valid until the Scope in which it was taken ends. Errors: kOutOfMemory.
  TensorView take(Shape shape, DType dtype);

  class Scope {
   public:
    explicit Scope(Workspace& workspace)
        : workspace_(workspace), block_(workspace.block_), used_(workspace.used_), in_use_(workspace.in_use_) {}
    ~Scope() {
      workspace_.block_ = block_;
      workspace_.used_ = used_;
      workspace_.in_use_ = in_use_;
      if (block_ == 0 && used_ == 0) workspace_.join_blocks();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Workspace& workspace_;
    size_t block_, used_, in_use_;
  };

  // One block of at least that size, if it has none yet. Memory that is never taken is not touched either.
  void reserve(size_t bytes);
  size_t capacity_bytes() const noexcept;
  // The most that was in use at once: a single block of that size would have served.
  size_t peak_bytes() const noexcept { return peak_; }

 private:
  void join_blocks() noexcept;

  Backend& backend_;
  std::vector<Tensor> blocks_;  // of bytes
  size_t block_ = 0;            // the one in use
  size_t used_ = 0;             // bytes of it
  size_t wanted_ = 0;           // size of the next block, if all were given up to be joined
  size_t in_use_ = 0, peak_ = 0;
};

}  // namespace clipkit
