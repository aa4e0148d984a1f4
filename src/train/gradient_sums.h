#pragma once

#include <deque>
#include <set>

#include "dist/communicator.h"
#include "nn/param.h"

namespace clipkit {

// Sums of gradients over the ranks, which go on while the backward pass computes the next ones.
class GradientSums {
 public:
  explicit GradientSums(Communicator& ranks) : ranks_(ranks) {}

  // The parameter's gradient is whole on this rank, and not to be touched until finish(). Only the first call of a step
  // for a parameter counts. Every rank makes the same calls in the same order.
  void start(const Param& param);
  // Waits until all that were started are the sums.
  void finish();

 private:
  void wait_for_oldest();

  struct Running {
    PendingSum sum;
    size_t bytes;
  };
  Communicator& ranks_;
  std::set<const Param*> started_;
  std::deque<Running> running_;
  size_t running_bytes_ = 0;
};

}  // namespace clipkit
