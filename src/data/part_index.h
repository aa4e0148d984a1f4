#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace clipkit {

// Samples that lie in parts (shards, files, sources), one part after the other.
class PartIndex {
 public:
  // The next part has `size` samples, perhaps none.
  void add(int64_t size) {
    first_.push_back(size_);
    size_ += size;
  }
  int64_t size() const noexcept { return size_; }

  struct Place {
    size_t part;
    size_t i;  // within the part
  };
  // Where sample 0 <= index < size() is.
  Place find(int64_t index) const {
    CLIPKIT_CHECK(0 <= index && index < size_, "sample ", index, " of ", size_);
    // The last part that begins there: parts without samples begin where the next one does.
    const auto part = static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), index) - first_.begin() - 1);
    return {part, static_cast<size_t>(index - first_[part])};
  }

 private:
  std::vector<int64_t> first_;  // sample of each part
  int64_t size_ = 0;
};

}  // namespace clipkit
