#include "train/check_options.h"

#include "base/check.h"

namespace clipkit {

namespace {

void check_part(const char* name, double value) {
  CLIPKIT_CHECK(value >= 0 && value <= 1, name, " is ", value, ", expected 0 to 1");
}

void check_not_below_0(const char* name, double value) {
  CLIPKIT_CHECK(value >= 0, name, " is ", value, ", expected 0 or more");
}

void check_steps(const TrainOptions& o, int num_processes) {
  CLIPKIT_CHECK(o.epochs > 0, "epochs is ", o.epochs, ", expected 1 or more");
  CLIPKIT_CHECK(o.lr > 0, "lr is ", o.lr, ", expected above 0");
  check_not_below_0("wd", o.wd);
  check_not_below_0("warmup", static_cast<double>(o.warmup));
  check_not_below_0("grad-clip-norm", o.grad_clip_norm);
  for (const auto& [name, beta] : {std::pair("beta1", o.beta1), std::pair("beta2", o.beta2)})
    CLIPKIT_CHECK(!beta || (*beta >= 0 && *beta < 1), name, " is ", *beta, ", expected 0 to below 1");
  CLIPKIT_CHECK(!o.eps || *o.eps > 0, "eps is ", *o.eps, ", expected above 0");
  CLIPKIT_CHECK(o.batch_size >= 2 && o.batch_size % num_processes == 0, "batch-size is ", o.batch_size,
                ", expected 2 or more and a multiple of the ", num_processes, " processes");
  CLIPKIT_CHECK(o.accum_freq >= 1 && o.accum_freq <= o.batch_size / num_processes, "accum-freq is ", o.accum_freq,
                ", expected 1 to ", o.batch_size / num_processes, ", the pairs of a process");
  CLIPKIT_CHECK(o.precision != Precision::kInt8, "precision is int8, expected fp32 or amp_bf16");
  CLIPKIT_CHECK(!o.bf16_gradients || (o.precision == Precision::kBFloat16 && o.accum_freq == 1),
                "bf16-gradients are rounded once: they need precision amp_bf16, and no accum-freq, whose parts add up");
  CLIPKIT_CHECK(o.ema_decay >= 0 && o.ema_decay < 1, "ema-decay is ", o.ema_decay, ", expected 0 to below 1");

  const bool cools = o.lr_scheduler == LearningRateSchedule::kConstantCooldown;
  CLIPKIT_CHECK(o.epochs_cooldown >= 0 && o.epochs_cooldown <= o.epochs, "epochs-cooldown is ", o.epochs_cooldown,
                ", expected 0 to the ", o.epochs, " epochs");
  CLIPKIT_CHECK(cools == (o.epochs_cooldown > 0), "lr-scheduler const-cooldown and epochs-cooldown go together: give ",
                cools ? "epochs-cooldown as well" : "both or neither");
  check_not_below_0("lr-cooldown-end", o.lr_cooldown_end);
  CLIPKIT_CHECK(o.lr_cooldown_power > 0, "lr-cooldown-power is ", o.lr_cooldown_power, ", expected above 0");
}

void check_layers(const TrainOptions& o) {
  CLIPKIT_CHECK(o.layer_decay > 0 && o.layer_decay <= 1, "layer-decay is ", o.layer_decay, ", expected above 0 to 1");
  CLIPKIT_CHECK(o.force_patch_dropout >= 0 && o.force_patch_dropout < 1, "force-patch-dropout is ",
                o.force_patch_dropout, ", expected 0 to below 1");
  CLIPKIT_CHECK(
      (o.lock_image || o.lock_image_unlocked_groups == 0) && (o.lock_text || o.lock_text_unlocked_groups == 0),
      "unlocked groups without a lock: give lock-image or lock-text as well");
  CLIPKIT_CHECK(!(o.lock_image && o.lock_text) || o.lock_image_unlocked_groups + o.lock_text_unlocked_groups > 0,
                "lock-image and lock-text together leave nothing to learn but the temperature");
  check_not_below_0("lock-image-unlocked-groups", o.lock_image_unlocked_groups);
  check_not_below_0("lock-text-unlocked-groups", o.lock_text_unlocked_groups);
}

void check_data(const TrainOptions& o) {
  CLIPKIT_CHECK(!o.train_data.empty(), "there is nothing to train on: give train-data");
  CLIPKIT_CHECK(o.val_classes.empty() || !o.val_data.empty(), "val-classes needs val-data, the pictures to classify");
  CLIPKIT_CHECK(o.csv_separator.size() <= 1, "csv-separator is \"", o.csv_separator, "\", expected one character");
  CLIPKIT_CHECK(o.aug_scale_min > 0 && o.aug_scale_min <= 1, "aug-scale-min is ", o.aug_scale_min,
                ", expected above 0 to 1");
  check_not_below_0("color-jitter", o.color_jitter);
  check_part("color-jitter-prob", o.color_jitter_prob);
  check_part("gray-scale-prob", o.gray_scale_prob);
  CLIPKIT_CHECK((o.color_jitter > 0) == (o.color_jitter_prob > 0),
                "color-jitter and color-jitter-prob go together: one without the other changes nothing");
  check_not_below_0("shuffle-buffer", static_cast<double>(o.shuffle_buffer));
  check_not_below_0("workers", o.workers);
}

}  // namespace

void check_options(const TrainOptions& o, int num_processes) {
  check_data(o);
  check_steps(o, num_processes);
  check_layers(o);
  check_not_below_0("threads", o.threads);
  check_not_below_0("save-frequency", o.save_frequency);
  check_not_below_0("save-every", static_cast<double>(o.save_every));
  check_not_below_0("keep-checkpoints", o.keep_checkpoints);
  check_not_below_0("val-frequency", o.val_frequency);
  CLIPKIT_CHECK(o.log_every_n_steps >= 1, "log-every-n-steps is ", o.log_every_n_steps, ", expected 1 or more");
}

void check_options(const TrainOptions& o, const ModelConfig& model, int vocab_size) {
  const bool vit = std::holds_alternative<VitConfig>(model.vision);
  CLIPKIT_CHECK(o.accum_freq == 1 || vit,
                "accum-freq cannot be used with a ResNet: its batch normalisation sees the parts of a batch, not the "
                "whole, so that the gradient would be another");
  CLIPKIT_CHECK(o.force_patch_dropout == 0 || vit,
                "force-patch-dropout needs a ViT: a ResNet has no patches to leave out");
  CLIPKIT_CHECK(vocab_size == model.text.vocab_size, "the model has ", model.text.vocab_size, " tokens, the tokenizer ",
                vocab_size);
}

}  // namespace clipkit
