#include "train/run.h"

#include <algorithm>
#include <sstream>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/log.h"
#include "checkpoint/safetensors.h"
#include "clipkit/prompts.h"
#include "train/check_options.h"
#include "train/run_plan.h"
#include "train/run_settings.h"
#include "train/step_plan.h"

namespace clipkit {

namespace {

constexpr int64_t kMaxRollBacks = 10;

std::shared_ptr<const PairSource> open_source(const TrainOptions& options, const std::string& spec,
                                              const std::vector<double>& weights, bool warns) {
  PairOptions pairs{.picture_key = options.csv_img_key, .caption_key = options.csv_caption_key, .weights = weights};
  if (!options.csv_separator.empty()) pairs.separator = options.csv_separator.front();
  std::shared_ptr<const PairSource> source = open_pairs(spec, pairs);
  const std::string problems = source->problems().summary();
  if (warns && !problems.empty()) log_warning(spec, ": ", problems);
  return source;
}

// One a line; empty lines are none.
std::vector<std::string> read_names(const std::string& path) {
  std::istringstream lines(read_file(path, size_t{64} << 20));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  CLIPKIT_CHECK(!names.empty(), path, ": holds no class name");
  return names;
}

// All processes must see the same pairs, and a run that goes on those it began with: a batch is a place among them.
PairIdentity checked_identity(const PairSource& pairs, const std::string& spec, Communicator& ranks,
                              const RunState* resumed) {
  const PairIdentity now = identity_of(pairs);
  std::string of_first_rank = now.sha256;
  ranks.broadcast(TensorView(of_first_rank.data(), {static_cast<int64_t>(of_first_rank.size())}, DType::kUInt8), 0);
  CLIPKIT_CHECK(of_first_rank == now.sha256, spec, ": the processes do not all see the same pairs there");
  if (resumed == nullptr) return now;
  const PairIdentity& then = resumed->data;
  CLIPKIT_CHECK(then == now, spec, ": not the pairs that the run began with: ", then.size, " then, ", now.size, " now",
                then.size == now.size ? ", in another order or with other names" : "",
                "; put them back, or begin another run with --pretrained and a checkpoint of this one");
  return now;
}

}  // namespace

TrainingRun::TrainingRun(const TrainOptions& options, Parts parts, const TrainCallbacks& callbacks)
    : options_(options), parts_(std::move(parts)), callbacks_(callbacks), checkpoints_(options.logs) {
  Clip& model = parts_.model;
  Communicator& ranks = *parts_.ranks;
  check_options(options_, model.config, parts_.tokenizer->vocab_size());
  train_pairs_ = open_source(options_, options_.train_data, options_.train_data_upsampling_factors, is_first_rank());
  state_.data =
      checked_identity(*train_pairs_, options_.train_data, ranks, parts_.resumed ? &parts_.resumed->state : nullptr);
  loader_ =
      std::make_unique<PairLoader>(train_pairs_, parts_.tokenizer, loader_config(options_, model.config, ranks, true));
  if (!options_.val_data.empty() && is_first_rank()) {
    val_pairs_ = open_source(options_, options_.val_data, {}, true);
    val_loader_ =
        std::make_unique<PairLoader>(val_pairs_, parts_.tokenizer, loader_config(options_, model.config, ranks, false));
    if (!options_.val_classes.empty()) {
      val_classes_.emplace(
          ValidationClasses{.names = read_names(options_.val_classes), .classifier = {}, .of_sample = {}});
      val_classes_->of_sample = classes_of(*val_pairs_, val_classes_->names);
    }
  }
  batches_per_epoch_ = loader_->batches_per_epoch();
  total_steps_ = batches_per_epoch_ * options_.epochs;
  schedule_ = schedule_of(options_, batches_per_epoch_, total_steps_);
  if (is_first_rank() && options_.warmup >= total_steps_) {
    log_warning("the warm-up of ", options_.warmup, " steps is longer than the run of ", total_steps_,
                ": the learning rate never reaches ", options_.lr);
  }

  plan_ = plan_run(options_, model.config, *parts_.backend, ranks, batches_per_epoch_);
}

void TrainingRun::start() {
  Clip& model = parts_.model;
  Communicator& ranks = *parts_.ranks;
  if (is_first_rank()) log_info(memory_text(plan_));
  check_memory(plan_);
  ranks.barrier();  // all have looked at what is free before the first one takes its part
  const int64_t share = options_.batch_size / ranks.size();
  const TrainerOptions trainer = trainer_options(options_, model.config, share);
  const Learning learning = learning_of(options_, model.config);
  model.start_training(*parts_.backend, learning);
  model.prepare(*parts_.backend);
  prepare_steps(model.config, *parts_.backend, trainer, share, learning);
  trainer_.emplace(model, *parts_.backend, ranks, trainer,
                   [&](const std::string& name) { return lr_scale(options_, model.config, name); });
  trainer_->workspace().reserve(plan_.longest_activations);
  if (parts_.resumed) {
    state_ = parts_.resumed->state;
    CLIPKIT_CHECK(state_.step <= total_steps_, "the run has ", total_steps_, " steps, its checkpoint is of step ",
                  state_.step);
    RunCheckpoints::restore(parts_.resumed->folder, *parts_.backend, *trainer_);
    guard_.restore(state_.guard);
    saved_step_ = state_.step;
  }
  if (is_first_rank()) log_.emplace(options_.logs, state_.step);
  // There is something to resume and to go back to from the first step on, and a disk that has no room for a checkpoint
  // shows now.
  if (!parts_.resumed) save(/*scheduled=*/true);
  fail_unless_saved();
}

TrainSummary TrainingRun::run() {
  loader_->seek(epoch(), state_.step % batches_per_epoch_);
  clock_.restart();
  while (state_.step < total_steps_ && !stop_requested()) {
    make_step(next_batch());
    if (guard_.has_diverged()) roll_back();
    const bool epoch_ends = state_.step % batches_per_epoch_ == 0, last = state_.step == total_steps_;
    if (options_.val_frequency > 0 && ((epoch_ends && epoch() % options_.val_frequency == 0) || last))
      validate_and_report();
    const bool save_epoch = options_.save_frequency > 0 && epoch_ends && epoch() % options_.save_frequency == 0;
    if (last || save_epoch || (options_.save_every > 0 && state_.step % options_.save_every == 0))
      save(/*scheduled=*/true);
  }
  if (saved_step_ != state_.step) save(/*scheduled=*/false);
  report_failed_samples();
  fail_unless_saved();
  if (is_first_rank() && state_.step == total_steps_ && guard_.state().in_a_row > 0) {
    log_warning("the last steps were left out: what the run ends with may be harmed, ",
                checkpoints_.folder_of(state_.good_step).string(), " is not");
  }
  return {.steps = state_.step,
          .total_steps = total_steps_,
          .finished = state_.step == total_steps_,
          .is_first_process = is_first_rank(),
          .checkpoint = checkpoints_.folder_of(state_.step)};
}

const PairBatch& TrainingRun::next_batch() {
  try {
    return *loader_->next();
  } catch (const Error&) {
    // The data are gone, the steps need not be. Other ranks cannot be asked to save: they may be in the middle of one.
    if (parts_.ranks->size() == 1 && saved_step_ != state_.step) {
      save(/*scheduled=*/false);
      if (!save_error_.empty()) log_warning(save_error_);
    }
    throw;
  }
}

void TrainingRun::make_step(const PairBatch& batch) {
  std::vector<std::span<const int32_t>> texts;
  for (int64_t n = 0; n < batch.tokens.shape()[0]; ++n) texts.push_back(batch.tokens.row<int32_t>(n));
  const double lr = schedule_.at(state_.step) * state_.lr_factor;
  const StepResult result = trainer_->step({batch.pixels, texts}, state_.step, lr, [&](const StepResult& step) {
    return guard_.accept(step.loss, step.gradient_norm);
  });
  ++state_.step;
  state_.guard = guard_.state();
  // A harmful step shows in the one after it: weights are good to go back to once a step from them was good.
  if (result.applied) state_.good_step = state_.candidate_step;
  if (!is_first_rank()) return;
  clock_.add(options_.batch_size, loader_->report().wait_seconds);
  const double rate = clock_.pairs_per_second();
  const TrainStatus status = {
      .step = state_.step,
      .total_steps = total_steps_,
      .epoch = static_cast<int>((state_.step - 1) / batches_per_epoch_),
      .loss = result.loss,
      .gradient_norm = result.gradient_norm,
      .lr = lr,
      .logit_scale = result.logit_scale,
      .applied = result.applied,
      .pairs_per_second = rate,
      .seconds_left = rate > 0 ? static_cast<double>((total_steps_ - state_.step) * options_.batch_size) / rate : 0,
      .loader_wait = clock_.loader_wait()};
  if (!result.applied) {
    log_->event(state_.step, concat("the step was left out: loss ", result.loss, ", gradient norm ",
                                    result.gradient_norm, ", ", guard_.state().in_a_row, " in a row"));
  } else if (state_.step % options_.log_every_n_steps == 0 || state_.step == total_steps_) {
    log_->step(status);
  }
  if (callbacks_.status) callbacks_.status(status);
}

void TrainingRun::roll_back() {
  if (++state_.roll_backs > kMaxRollBacks) {
    fail(ErrorCode::kInvalidArgument, "the run has diverged at step ", state_.step,
         " again and again: a lower lr, a longer warmup or grad-clip-norm may help");
  }
  // Weights and moments go back, the data go on: the same batches would do the same again.
  const std::filesystem::path folder = checkpoints_.folder_of(state_.good_step);
  const StateDict tensors = read_safetensors(MappedFile::open(folder / "open_clip_model.safetensors")).tensors;
  parts_.model.visit_params(
      [&](const std::string& name, Param& param) { parts_.backend->assign(tensors.at(name), param.value); });
  parts_.model.prepare(*parts_.backend);
  RunCheckpoints::restore(folder, *parts_.backend, *trainer_);
  state_.candidate_step = state_.good_step;
  state_.lr_factor /= 2;
  guard_.forgive();
  state_.guard = guard_.state();
  if (is_first_rank()) {
    log_->event(state_.step,
                concat(StepGuard::kMaxInARow, " steps in a row were left out: weights went back to step ",
                       state_.good_step, ", the learning rate is now ", state_.lr_factor, " of what was planned"));
  }
}

void TrainingRun::save(bool scheduled) {
  RunState state = state_;
  // Where a roll-back goes follows from the schedule alone, so that an interruption changes nothing.
  if (scheduled && guard_.state().in_a_row == 0) state.candidate_step = state.step;
  save_error_.clear();
  if (is_first_rank()) {
    log_->sync();
    try {
      checkpoints_.save(state, *parts_.backend, parts_.model, *parts_.tokenizer, *trainer_, options_.keep_checkpoints);
    } catch (const Error& error) {
      save_error_ = error.what();
    }
  }
  if (!parts_.ranks->any(!save_error_.empty())) {
    saved_step_ = state.step;
    state_ = state;
  } else if (save_error_.empty()) {
    save_error_ = concat("the checkpoint of step ", state.step, " could not be written by the first process");
  } else if (scheduled && state.step > 0 && state.step < total_steps_) {
    log_warning(save_error_, "; training goes on");
  }
  clock_.restart();
}

// A save that failed on the way is made good by a later one.
void TrainingRun::fail_unless_saved() {
  if (!save_error_.empty()) fail(ErrorCode::kIo, save_error_);
}

void TrainingRun::report_failed_samples() {
  const LoaderReport report = loader_->report();
  auto failed = static_cast<double>(report.num_failed);
  parts_.ranks->all_reduce_sum({&failed, 1});
  if (!is_first_rank() || failed == 0) return;
  std::string names;
  for (const std::string& failure : report.failures) names += "\n  " + failure;
  log_warning(static_cast<int64_t>(failed), " samples could not be read, and others took their places:", names);
}

void TrainingRun::validate_and_report() {
  if (is_first_rank()) {
    std::optional<ValidationResult> result;
    if (val_loader_) {
      Workspace workspace(*parts_.backend);
      const Context c{*parts_.backend, workspace};
      if (val_classes_) measure_classifier(c);
      result = validate(c, parts_.model, *val_loader_, val_classes_ ? &*val_classes_ : nullptr);
      log_->validation(state_.step, *result);
    }
    log_->write_report(options_, result ? &*result : nullptr, val_pairs_.get());
  }
  clock_.restart();
}

void TrainingRun::measure_classifier(const Context& c) {
  std::vector<std::string> prompts;
  for (const std::string& name : val_classes_->names) prompts.push_back(fill_template(options_.val_template, name));
  const Tensor tokens = parts_.tokenizer->tokenize(
      prompts, {.context_length = parts_.model.config.text.context_length, .overflow = Overflow::kTruncate});
  val_classes_->classifier = parts_.model.encode_tokens(c, tokens, Output::kFeatures);
  ops::normalize_rows(c.backend, {.x = val_classes_->classifier, .y = val_classes_->classifier});
}

bool TrainingRun::stop_requested() {
  return parts_.ranks->any(callbacks_.stop && callbacks_.stop());
}

}  // namespace clipkit
