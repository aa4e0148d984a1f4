#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "clipkit/evaluate.h"
#include "clipkit/tokenizer.h"
#include "train/trainer.h"
#include "transfer/few_shot_heads.h"

namespace clipkit {

// Batches of positions in `classes`, every position once, no class twice in a batch: so each text of a batch fits one
// picture of it, and the contrastive loss is the cross-entropy over the batch's classes, in both directions. A class
// that has more pictures than others stands in batches with fewer classes; a single picture left over makes no batch.
std::vector<std::vector<size_t>> distinct_class_batches(const std::vector<int32_t>& classes, int64_t batch_size,
                                                        Random random);

// Both towers fine-tuned on few pictures by the trainer's contrastive step, with the prompts of their classes as
// captions: as the model was trained before (FLYP, Goyal et al. 2023). Then weights between those of zero-shot and the
// fine-tuned ones (WiSE-FT, Wortsman et al. 2022). AdamW, the learning rate up over a tenth of the steps and down along
// half a cosine; exact preprocessing, no augmentation; statistics of BatchNorm stay, for few pictures have none.
// On the compute thread.
class FineTuner {
 public:
  struct Parts {
    Clip model;  // with its weights on the host
    std::unique_ptr<Backend> backend;
    std::shared_ptr<const Tokenizer> tokenizer;
  };

  // compare: the host's backend, borrowed. prompts: the texts of each class. threads: that read pictures. Errors:
  // kOutOfMemory for a step that does not fit.
  FineTuner(Parts parts, Backend& compare, const FineTuning& options, std::vector<std::vector<std::string>> prompts,
            int threads, EvalCallbacks callbacks);

  // Makes fine-tuned weights, from those of zero-shot; at once if the last ones were made of the same pictures.
  // Errors: as of reading the pictures; kCancelled.
  void train(const FewShotPictures& shots);
  // Logits (N, C) float64 by (1 - alpha) times the weights of zero-shot plus alpha times the fine-tuned ones. Errors:
  // as train().
  Tensor logits(const FewShotPictures& pictures, double alpha);

 private:
  Tensor read(const FewShotPictures& pictures, const std::vector<size_t>& which) const;
  Tensor tokens_of(std::span<const std::string> texts) const;
  StateDict weights();
  void set_weights(double alpha);
  void check_stop() const;

  Parts parts_;
  Backend& compare_;
  const FineTuning options_;
  const std::vector<std::vector<std::string>> prompts_;
  const int threads_;
  const EvalCallbacks callbacks_;
  std::unique_ptr<Communicator> ranks_;
  Workspace workspace_;               // of what is encoded
  StateDict zero_shot_, fine_tuned_;  // on the host
  std::vector<Tensor> tokens_;        // of each class's prompts: (prompts, L) int32
  const LabelledSet* trained_set_ = nullptr;
  std::vector<int64_t> trained_on_;
};

}  // namespace clipkit
