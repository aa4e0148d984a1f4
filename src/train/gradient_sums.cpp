#include "train/gradient_sums.h"

namespace clipkit {

namespace {
constexpr size_t kMaxRunningBytes = size_t{32} << 20;  // each takes about as much again for what others send
}  // namespace

void GradientSums::start(const Param& param) {
  if (!param.grad || !started_.insert(&param).second) return;
  const size_t bytes = param.grad.view().bytes();
  running_.push_back({ranks_.start_all_reduce_sum(param.grad), bytes});
  running_bytes_ += bytes;
  while (running_bytes_ > kMaxRunningBytes && running_.size() > 1) wait_for_oldest();
  ranks_.progress();
}

void GradientSums::finish() {
  while (!running_.empty()) wait_for_oldest();
  started_.clear();
}

void GradientSums::wait_for_oldest() {
  ranks_.wait(running_.front().sum);
  running_bytes_ -= running_.front().bytes;
  running_.pop_front();
}

}  // namespace clipkit
