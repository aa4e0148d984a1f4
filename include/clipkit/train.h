#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/precision.h"

namespace clipkit {

enum class LearningRateSchedule {
  kCosine,            // warm-up, then down to 0 along half a cosine (CLIP section 2.5)
  kConstant,          // warm-up, then as it is
  kConstantCooldown,  // the same, and down to lr_cooldown_end over the last epochs_cooldown epochs
};

// Which gradients the processes' losses have, in open_clip's terms. Exact equals a single process with the whole batch.
enum class LossGradient {
  kExact,       // --gather-with-grad, with or without --local-loss
  kGlobalOnly,  // neither: the towers' gradient is that of the whole batch over the number of processes
  kLocalOnly,   // --local-loss alone: nothing flows to a process through the others' losses
};

// A training run. Names are open_clip's where they mean the same, with batch_size that of all processes together, so
// that the same options are the same run on any number of them.
struct TrainOptions {
  // What is trained.
  std::string model = "ViT-B-32";  // architecture: a name or a JSON file
  std::string pretrained;          // checkpoint to start from, which then says the architecture; empty: from nothing
  std::string tokenizer;           // folder with vocab.json and merges.txt; empty: the checkpoint's, or CLIP's own
  std::optional<int> force_image_size;      // px
  std::optional<int> force_context_length;  // tokens

  // Data, in the forms that docs/training.md lists.
  std::string train_data, val_data;
  // Class names to classify the validation pictures among, one a line: a picture is of the class that one of its
  // captions names, in any case; pictures of none are left out.
  std::string val_classes;
  std::string val_template = "a photo of a {}.";
  std::string csv_img_key, csv_caption_key, csv_separator;  // empty: found by themselves
  std::vector<double> train_data_upsampling_factors;        // one for each part of an "A::B" list
  int64_t shuffle_buffer = 0;                               // samples; 0: a permutation of all
  int workers = 0;                                          // loader threads; 0: as many as processors
  double aug_scale_min = 0.9;                               // smallest part of a picture's area that a crop keeps
  double color_jitter = 0, color_jitter_prob = 0, gray_scale_prob = 0;

  // Steps.
  int batch_size = 64;  // pairs, all processes together
  int accum_freq = 1;   // parts a process's share is computed in, with the gradient of the whole
  int epochs = 32;
  double lr = 5e-4;
  std::optional<double> beta1, beta2, eps;  // default: 0.9; 0.98 and 1e-6 for ViTs, 0.999 and 1e-8 for ResNets
  double wd = 0.2;
  int64_t warmup = 2000;  // steps
  LearningRateSchedule lr_scheduler = LearningRateSchedule::kCosine;
  double epochs_cooldown = 0, lr_cooldown_end = 0, lr_cooldown_power = 1;
  double grad_clip_norm = 0;  // 0: none
  bool siglip = false;        // the sigmoid loss (Zhai et al. 2023) instead of the softmax
  LossGradient loss_gradient = LossGradient::kExact;
  bool use_bn_sync = false;  // a ResNet's batch statistics over all processes, so that their number changes nothing
  double ema_decay = 0;      // of a running mean of the weights, kept as a model of its own; 0: none
  int64_t seed = 0;

  // What stays as it is, and how fast layers learn. Groups of a tower: the embeddings, each block, the projection; of a
  // ResNet the stem, each stage, the attention pool.
  bool lock_image = false, lock_text = false;  // all but the last groups of the tower
  int lock_image_unlocked_groups = 0, lock_text_unlocked_groups = 0;
  double layer_decay = 1;          // factor of the learning rate from each group to the one below
  double force_patch_dropout = 0;  // part of a ViT's patches left out in training (FLIP, Li et al. 2023)

  // How it runs.
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
  int threads = 0;              // compute threads, 0: the processors, shared out among the processes of a machine
  bool bf16_moments = false;    // the optimiser's state in bf16, stochastically rounded
  bool bf16_gradients = false;  // those of matrices in bf16, rounded once; for amp_bf16 without accum_freq
  // Keeps the input of each block and computes the rest again in the backward pass: the same gradients in less memory,
  // for about a third more time. Of transformers, not of ResNets.
  bool grad_checkpointing = false;

  // What is kept.
  std::filesystem::path logs = "run";  // the run's folder
  int save_frequency = 1;              // epochs; 0: only at the end
  int64_t save_every = 0;              // and every so many steps; 0: not
  int keep_checkpoints = 3;            // newest that stay; 0: all
  int val_frequency = 1;               // epochs
  int64_t log_every_n_steps = 20;
};

// Where a run is.
struct TrainStatus {
  int64_t step = 0, total_steps = 0;  // batches seen
  int epoch = 0;                      // from 0
  double loss = 0, gradient_norm = 0, lr = 0;
  double logit_scale = 0;  // the multiplier itself
  bool applied = true;     // false: the step was refused (not finite, or a spike)
  double pairs_per_second = 0, seconds_left = 0;
  double loader_wait = 0;  // part of the time spent waiting for data
};

struct TrainCallbacks {
  std::function<void(const TrainStatus&)> status;  // after each step, on the first process
  std::function<bool()> stop;                      // true: finish the step, save, return
};

struct TrainSummary {
  int64_t steps = 0, total_steps = 0;
  bool finished = false;             // false: stopped, and resumable
  bool is_first_process = true;      // of those that train together: the one that speaks for all
  std::filesystem::path checkpoint;  // the newest one: a folder that load() takes
};

// What a run takes, known before its first step. Bytes are those of one process.
struct TrainPlan {
  static constexpr int kOrdinaryTokens = 16;  // of a caption

  size_t parameters = 0, gradients = 0, moments = 0, averages = 0;
  size_t weight_copies = 0;        // what products read instead: bf16 copies, convolutions
  size_t activations = 0;          // with captions of ordinary length
  size_t longest_activations = 0;  // with captions as long as the model reads; reserved, not touched before
  size_t available = 0;            // memory that is free; 0: unknown
  int64_t steps = 0, pairs_per_step = 0;
  double gflop_per_step = 0;  // of all processes, two per multiply-add
  double pairs_per_second = 0,
         seconds = 0;  // expected of this machine, from what its arithmetic units do at their best
  bool is_first_process = true;

  size_t bytes() const { return parameters + gradients + moments + averages + weight_copies + activations; }
};

// Plans a run and trains nothing; of its data it reads the lists. Errors: as train().
CLIPKIT_API TrainPlan plan_training(const TrainOptions& options);

// Trains from the start, into a folder that holds no run yet. A checkpoint that cannot be written on the way, as on a
// full disk, is only warned about: the last good one stays and training goes on. Errors: kInvalidArgument for options
// that contradict each other or the data, and for a run that diverges again and again; those of load() and of the data;
// kIo for the first and the last checkpoint. Messages go to the log sink.
CLIPKIT_API TrainSummary train(const TrainOptions& options, const TrainCallbacks& callbacks = {});
// Goes on where the folder's newest whole checkpoint was saved, with the options of the run; the result has the same
// bits as if nothing had happened. Errors: kNotFound (no checkpoint), kCorrupt, as train().
CLIPKIT_API TrainSummary resume_training(const std::filesystem::path& logs, const TrainCallbacks& callbacks = {});

// The options as one JSON object, whose members have the names of the command line's options without the dashes.
CLIPKIT_API std::string to_json(const TrainOptions& options);
// Members that are there replace what options has. place begins every message. Errors: kCorrupt.
CLIPKIT_API void apply_json(TrainOptions& options, std::string_view json, std::string_view place);

}  // namespace clipkit
