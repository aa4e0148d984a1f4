#pragma once

#include <cstdint>

namespace clipkit {

// Dynamic loss scaling for fp16, whose small gradients would vanish: the loss is multiplied by scale(), gradients are
// divided by it before anything reads them. A step whose gradients overflow is skipped and halves the scale; 2000 good
// ones in a row double it (training.md section 2, as PyTorch's GradScaler).
class GradScaler {
 public:
  struct State {
    double scale = 65536;
    int64_t good_steps = 0;  // since the scale last changed
    bool operator==(const State&) const = default;
  };

  double scale() const noexcept { return state_.scale; }
  const State& state() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

  // After each step: whether its gradients were all finite.
  void update(bool finite) noexcept {
    if (!finite) {
      state_ = {.scale = state_.scale / 2, .good_steps = 0};
    } else if (++state_.good_steps == kGrowthInterval) {
      state_ = {.scale = state_.scale * 2, .good_steps = 0};
    }
  }

 private:
  static constexpr int64_t kGrowthInterval = 2000;
  State state_;
};

}  // namespace clipkit
