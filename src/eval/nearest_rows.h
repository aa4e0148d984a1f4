#pragma once

#include <cstdint>
#include <vector>

#include "ops/backend.h"

namespace clipkit {

// Of each of some unit vectors the most similar one among others that come a part at a time and are not kept. Exact;
// the first of equal ones; a similarity that is NaN counts for nothing. Memory: 16 bytes a row and a block of
// similarities. On the compute thread.
class NearestRows {
 public:
  struct Nearest {
    float cosine = -2;   // -2: there was nothing to compare with
    int64_t index = -1;  // counted through all parts
  };

  // rows: (N, E) float32, borrowed.
  NearestRows(Backend& backend, TensorView rows);

  // others: (n, E), of which the first has this index.
  void compare(TensorView others, int64_t first_index);
  const std::vector<Nearest>& nearest() const noexcept { return nearest_; }

 private:
  Backend& backend_;
  TensorView rows_;
  std::vector<Nearest> nearest_;
  Tensor block_;
};

}  // namespace clipkit
