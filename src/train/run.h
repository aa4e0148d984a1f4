#pragma once

#include <memory>
#include <optional>

#include "clipkit/tokenizer.h"
#include "clipkit/train.h"
#include "data/pair_loader.h"
#include "dist/communicator.h"
#include "model/clip.h"
#include "train/run_checkpoint.h"
#include "train/run_clock.h"
#include "train/run_log.h"
#include "train/schedule.h"
#include "train/trainer.h"

namespace clipkit {

// A run from its first batch, or its last checkpoint, to its end: data, steps, validation, checkpoints, logs. On the
// compute thread.
class TrainingRun {
 public:
  struct Parts {
    Clip model;  // with its weights on the host
    std::shared_ptr<const Tokenizer> tokenizer;
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Communicator> ranks;
    std::optional<RunCheckpoints::Found> resumed;  // the model's weights are that checkpoint's
  };

  // Opens the data and plans the run; of the model it reads the configuration alone. The options have passed
  // check_options(). Errors: kInvalidArgument where options and data contradict each other; those of open_pairs.
  TrainingRun(const TrainOptions& options, Parts parts, const TrainCallbacks& callbacks);

  const TrainPlan& plan() const noexcept { return plan_; }

  // Takes the memory, opens the logs and, unless it goes on with a run, writes the checkpoint of step 0.
  // Errors: kOutOfMemory for a plan that does not fit; kIo.
  void start();

  // Errors: kIo if the last checkpoint cannot be written; kInvalidArgument if the run diverges again and again;
  // kCorrupt (too many samples in a row cannot be read).
  TrainSummary run();  // after start()

 private:
  const PairBatch& next_batch();
  void make_step(const PairBatch& batch);
  void roll_back();
  // Never throws for want of space: what went wrong is said, and kept in save_error_ on every rank.
  void save(bool scheduled);
  void fail_unless_saved();
  void report_failed_samples();
  void validate_and_report();
  void measure_classifier(const Context& c);
  bool stop_requested();
  bool is_first_rank() const { return parts_.ranks->rank() == 0; }
  int epoch() const { return static_cast<int>(state_.step / batches_per_epoch_); }

  TrainOptions options_;
  Parts parts_;
  TrainCallbacks callbacks_;
  std::shared_ptr<const PairSource> train_pairs_, val_pairs_;
  std::unique_ptr<PairLoader> loader_, val_loader_;
  std::optional<ValidationClasses> val_classes_;
  int64_t batches_per_epoch_ = 0, total_steps_ = 0;
  Schedule schedule_;
  TrainPlan plan_;
  RunState state_;
  StepGuard guard_;
  RunCheckpoints checkpoints_;
  int64_t saved_step_ = -1;  // of the newest checkpoint
  std::string save_error_;   // of the last save; empty: it went well
  std::optional<Trainer> trainer_;
  std::optional<RunLog> log_;
  RunClock clock_;
};

}  // namespace clipkit
