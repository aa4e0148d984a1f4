#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/tokenizer.h"
#include "data/pair_identity.h"
#include "model/clip.h"
#include "train/step_guard.h"
#include "train/trainer.h"

// Checkpoints of a run: folders RUN/checkpoints/step-0000001000, written under another name and renamed, each a model
// that every loader reads, with what training needs to go on beside it. docs/formats/run_checkpoint.md.

namespace clipkit {

// What a run is in the middle of, apart from tensors. Everything random depends on seed and place, so the place says it
// all.
struct RunState {
  int64_t step = 0;      // batches seen: the next one is batch `step` of the run
  double lr_factor = 1;  // halved with every roll-back
  int64_t roll_backs = 0;
  int64_t good_step = 0;       // of the checkpoint that a roll-back goes to
  int64_t candidate_step = 0;  // of the one that it goes to once a step from there was good
  StepGuard::State guard;
  PairIdentity data;  // of the training pairs
};

class RunCheckpoints {
 public:
  // run: the run's folder.
  explicit RunCheckpoints(const std::filesystem::path& run);

  // Writes one of the state's step and then removes what is older than the newest `keep` (0: nothing), but for those of
  // state.good_step and candidate_step. The model is in training; running means of its weights become a model of their
  // own in the folder "ema".
  // Errors: kIo, e.g. a full disk; then no checkpoint has changed, and the error names the newest one.
  std::filesystem::path save(const RunState& state, Backend& backend, Clip& model, const Tokenizer& tokenizer,
                             Trainer& trainer, int keep) const;

  std::filesystem::path folder_of(int64_t step) const;

  struct Found {
    std::filesystem::path folder;
    RunState state;
  };
  // The newest checkpoint whose files are whole, as their hashes say. Damaged ones are passed over with a warning; what
  // a crash left unfinished is none.
  std::optional<Found> latest() const;

  // The moments, running means and step count of a checkpoint. The optimiser must have the same parameters.
  // Errors: kCorrupt, naming the tensor.
  static void restore(const std::filesystem::path& folder, Backend& backend, Trainer& trainer);

 private:
  std::vector<std::filesystem::path> folders() const;  // the newest first
  void remove_old(int keep, const RunState& state) const;
  std::filesystem::path root_;
};

// The model's tensors on the host, float32, under OpenAI names; they may be the very memory that training moves.
StateDict download_parameters(Backend& backend, Clip& model);

}  // namespace clipkit
