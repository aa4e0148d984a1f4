#include "train/run_settings.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "train/layer_groups.h"

namespace clipkit {

namespace {

constexpr int kValidationBatch = 128;  // its buffers stay for the whole run

bool is_locked(const TrainOptions& o, const ModelConfig& model, const std::string& name) {
  const std::optional<LayerGroup> group = layer_group(model, name);
  if (!group) return false;
  const int unlocked = group->visual ? o.lock_image_unlocked_groups : o.lock_text_unlocked_groups;
  return (group->visual ? o.lock_image : o.lock_text) && group->from_top() >= unlocked;
}

}  // namespace

LoaderConfig loader_config(const TrainOptions& options, const ModelConfig& model, const Communicator& ranks,
                           bool training) {
  LoaderConfig config;
  config.sample.training = training;
  config.sample.seed = static_cast<uint64_t>(options.seed);
  config.sample.shuffle_buffer = options.shuffle_buffer;
  config.sample.preprocess = model.preprocess;
  config.sample.augment.crop.min_scale = options.aug_scale_min;
  config.sample.augment.color = {.brightness = options.color_jitter,
                                 .contrast = options.color_jitter,
                                 .saturation = options.color_jitter,
                                 .hue = std::min(0.5, options.color_jitter / 4),
                                 .probability = options.color_jitter_prob,
                                 .gray_probability = options.gray_scale_prob};
  config.sample.context_length = model.text.context_length;
  config.batch_size = training ? options.batch_size : std::min(options.batch_size, kValidationBatch);
  if (!training) config.prefetch = 1;
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  config.num_threads = options.workers > 0 ? options.workers : std::max(1, processors / ranks.local_size());
  if (training) {
    config.rank = ranks.rank();
    config.num_ranks = ranks.size();
  }
  return config;
}

Schedule schedule_of(const TrainOptions& o, int64_t batches_per_epoch, int64_t total_steps) {
  return {.kind = o.lr_scheduler,
          .lr = o.lr,
          .warmup_steps = o.warmup,
          .total_steps = total_steps,
          .cooldown_steps = std::llround(o.epochs_cooldown * static_cast<double>(batches_per_epoch)),
          .cooldown_end = o.lr_cooldown_end,
          .cooldown_power = o.lr_cooldown_power};
}

TrainerOptions trainer_options(const TrainOptions& o, const ModelConfig& model, int64_t share) {
  const bool vit = std::holds_alternative<VitConfig>(model.vision);
  return {.optimizer = {.beta1 = o.beta1.value_or(0.9),
                        .beta2 = o.beta2.value_or(vit ? 0.98 : 0.999),
                        .eps = o.eps.value_or(vit ? 1e-6 : 1e-8),
                        .weight_decay = o.wd,
                        .bf16_moments = o.bf16_moments,
                        .seed = static_cast<uint64_t>(o.seed)},
          .ema_decay = o.ema_decay,
          .patch_dropout = o.force_patch_dropout,
          .grad_clip_norm = o.grad_clip_norm,
          .micro_batch = o.accum_freq > 1 ? (share + o.accum_freq - 1) / o.accum_freq : 0,
          .loss_gradient = o.loss_gradient,
          .use_bn_sync = o.use_bn_sync,
          .grad_checkpointing = o.grad_checkpointing};
}

Learning learning_of(const TrainOptions& options, const ModelConfig& model) {
  return {.frozen = [&](const std::string& name) { return is_locked(options, model, name); },
          .gradients_as_operands = options.bf16_gradients};
}

double lr_scale(const TrainOptions& o, const ModelConfig& model, const std::string& name) {
  const std::optional<LayerGroup> group = layer_group(model, name);
  return group ? std::pow(o.layer_decay, group->from_top()) : 1;
}

}  // namespace clipkit
