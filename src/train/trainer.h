#pragma once

#include <functional>
#include <span>

#include "dist/communicator.h"
#include "model/clip.h"
#include "train/contrastive_objective.h"
#include "train/gradient_sums.h"
#include "train/optimizer.h"

namespace clipkit {

struct TrainerOptions {
  OptimizerOptions optimizer{};
  double ema_decay = 0;       // of a running mean of the parameters; 0: none
  double patch_dropout = 0;   // part of a ViT's patches that are left out, drawn from optimizer.seed
  double grad_clip_norm = 0;  // gradients are scaled down to this norm; 0: never
  // Pairs whose activations are held at once. Fewer than a batch has: features come first, then each part's backward
  // pass with the loss's gradient, which is the gradient of the whole batch (training.md section 3). 0: all.
  int64_t micro_batch = 0;
  LossGradient loss_gradient = LossGradient::kExact;
  bool use_bn_sync = false;         // batch statistics over all ranks
  bool grad_checkpointing = false;  // see Context::checkpointing
};

// This rank's share of a batch.
struct PairsView {
  TensorView pixels;                                // (n, 3, S, S) float32, preprocessed
  std::span<const std::span<const int32_t>> texts;  // n rows of ids, all of one length
};

struct StepResult {
  double loss = 0;           // mean over the pairs of all ranks
  double gradient_norm = 0;  // before clipping
  double logit_scale = 0;    // after the step, the multiplier itself
  bool applied = true;       // false: it was refused, and nothing moved
};

// One optimiser step after another: forward, loss, backward, sum over ranks, AdamW. Knows nothing of data, files or
// time. The model must be in training (Clip::start_training) and prepared, and is left prepared.
class Trainer {
 public:
  // All are borrowed.
  Trainer(Clip& model, Backend& backend, Communicator& ranks, const TrainerOptions& options,
          const Optimizer::LearningRateScale& lr_scale = {});

  // One step, number `step` of the run, at the given learning rate. accept, if given, sees loss and gradient norm and
  // may refuse the step; one that is not finite is refused whatever it says.
  StepResult step(const PairsView& pairs, int64_t step, double lr,
                  const std::function<bool(const StepResult&)>& accept = {});

  Optimizer& optimizer() noexcept { return optimizer_; }
  // The running means of what the optimiser moves, in its order; empty without ema_decay.
  std::vector<Tensor>& averages() noexcept { return averages_; }
  Workspace& workspace() noexcept { return workspace_; }

 private:
  struct Features;
  struct Tape;
  struct Range {
    int64_t begin, end;
  };
  // Features of some of the pairs; tape: what backward reads, or null.
  void forward(const Context& c, const PairsView& pairs, int64_t step, Range rows, const Features& f, Tape* tape);
  void backward(const Context& c, Tape& tape, Range rows, const Features& f);
  void move(const StepResult& result, double lr);

  Clip& model_;
  Backend& backend_;
  Communicator& ranks_;
  TrainerOptions options_;
  Workspace workspace_;
  GradientSums sums_;
  SharedStatistics statistics_;
  Optimizer optimizer_;
  std::vector<Tensor> averages_;
  // Running statistics of batches. The forward pass moves them, so that a refused step has to put them back.
  struct Buffer {
    const Param* param;
    Tensor before;
  };
  std::vector<Buffer> buffers_;
  bool trains_image_ = false, trains_text_ = false;  // a locked tower has no backward pass
};

}  // namespace clipkit
