#include "transfer/fine_tuner.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "base/shuffle.h"
#include "data/on_threads.h"
#include "eval/zero_shot.h"
#include "eval/zero_shot_classifier.h"
#include "train/average_weights.h"
#include "train/run_checkpoint.h"
#include "train/run_plan.h"
#include "train/run_settings.h"

namespace clipkit {

namespace {

constexpr size_t kEncoded = 64;  // pictures in memory at once

TrainOptions train_options(const FineTuning& options, size_t num_classes) {
  TrainOptions result;
  result.batch_size = std::min(options.batch_size, static_cast<int>(num_classes));
  result.lr = options.lr;
  result.wd = options.weight_decay;
  result.epochs = options.epochs;
  return result;
}

// Batch statistics are no parameters; frozen, they are what batches are normalised by.
bool is_statistic(const std::string& name) {
  return name.ends_with("running_mean") || name.ends_with("running_var");
}

}  // namespace

std::vector<std::vector<size_t>> distinct_class_batches(const std::vector<int32_t>& classes, int64_t batch_size,
                                                        Random random) {
  std::vector<size_t> order(classes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  shuffle(order, random);
  std::map<int32_t, size_t> seen;
  std::vector<std::vector<size_t>> rounds;  // the i-th picture of each class, in random order
  for (const size_t i : order) {
    const size_t round = seen[classes[i]]++;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(i);
  }
  std::vector<std::vector<size_t>> batches;
  for (const auto& round : rounds) {
    const size_t parts = (round.size() + static_cast<size_t>(batch_size) - 1) / static_cast<size_t>(batch_size);
    for (size_t part = 0; part < parts; ++part) {
      const auto at = [&](size_t p) { return round.begin() + static_cast<std::ptrdiff_t>(p * round.size() / parts); };
      if (at(part + 1) - at(part) > 1) batches.emplace_back(at(part), at(part + 1));
    }
  }
  return batches;
}

FineTuner::FineTuner(Parts parts, Backend& compare, const FineTuning& options,
                     std::vector<std::vector<std::string>> prompts, int threads, EvalCallbacks callbacks)
    : parts_(std::move(parts)),
      compare_(compare),
      options_(options),
      prompts_(std::move(prompts)),
      threads_(threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))),
      callbacks_(std::move(callbacks)),
      ranks_(single_process()),
      workspace_(*parts_.backend) {
  const TrainPlan plan =
      plan_run(train_options(options_, prompts_.size()), parts_.model.config, *parts_.backend, *ranks_, 1);
  log_info("fine-tuning: ", memory_text(plan));
  check_memory(plan);
  parts_.model.start_training(*parts_.backend, {.frozen = is_statistic});
  parts_.model.prepare(*parts_.backend);
  zero_shot_ = weights();
  for (const auto& texts : prompts_) tokens_.push_back(tokens_of(texts));
}

Tensor FineTuner::tokens_of(std::span<const std::string> texts) const {
  return parts_.tokenizer->tokenize(
      texts, {.context_length = parts_.model.config.text.context_length, .overflow = Overflow::kTruncate});
}

void FineTuner::check_stop() const {
  if (callbacks_.stop && callbacks_.stop()) fail(ErrorCode::kCancelled, "fine-tuning: stopped");
}

Tensor FineTuner::read(const FewShotPictures& pictures, const std::vector<size_t>& which) const {
  const PreprocessConfig& preprocess = parts_.model.config.preprocess;
  const auto n = static_cast<int64_t>(which.size());
  Tensor pixels = Tensor::empty({n, 3, preprocess.height, preprocess.width});
  on_threads(n, threads_, [&](int64_t i) {
    LabelledPicture picture = pictures.set->reader->read(pictures.pictures[which[static_cast<size_t>(i)]]);
    normalize(resize_and_crop(decode_picture(std::move(picture)), preprocess), preprocess, pixels.row<float>(i));
  });
  return pixels;
}

void FineTuner::train(const FewShotPictures& shots) {
  if (shots.set == trained_set_ && shots.pictures == trained_on_) return;
  trained_on_.clear();
  set_weights(0);
  TrainOptions options = train_options(options_, prompts_.size());
  const auto batches_of = [&](int epoch) {
    return distinct_class_batches(shots.classes, options.batch_size,
                                  Random(0, RandomUse::kSampleOrder, static_cast<uint32_t>(epoch)));
  };
  const auto per_epoch = static_cast<int64_t>(batches_of(0).size()), total = per_epoch * options.epochs;
  options.warmup = total / 10;
  const Schedule schedule = schedule_of(options, per_epoch, total);
  Trainer trainer(parts_.model, *parts_.backend, *ranks_,
                  trainer_options(options, parts_.model.config, options.batch_size));
  int64_t step = 0, refused = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    Random caption(0, RandomUse::kCaption, static_cast<uint32_t>(epoch));
    for (const auto& batch : batches_of(epoch)) {
      check_stop();
      std::vector<std::span<const int32_t>> texts;
      for (const size_t i : batch) {
        const Tensor& prompts = tokens_[static_cast<size_t>(shots.classes[i])];
        const auto chosen = static_cast<int64_t>(caption.below(static_cast<uint64_t>(prompts.shape()[0])));
        texts.push_back(prompts.row<int32_t>(chosen));
      }
      refused += !trainer.step({read(shots, batch), texts}, step, schedule.at(step)).applied;
      ++step;
      if (callbacks_.progress) callbacks_.progress("fine-tuning steps", step, total);
    }
  }
  if (refused > 0) log_warning("fine-tuning: ", refused, " of ", total, " steps were not finite and left out");
  fine_tuned_ = weights();
  trained_set_ = shots.set;
  trained_on_ = shots.pictures;
}

// Copies: what download_parameters() returns may be the memory that the optimiser moves.
StateDict FineTuner::weights() {
  StateDict copies;
  for (const auto& [name, tensor] : download_parameters(*parts_.backend, parts_.model))
    copies.emplace(name, Tensor::copy_of(tensor));
  return copies;
}

void FineTuner::set_weights(double alpha) {
  parts_.model.visit_params([&](const std::string& name, Param& param) {
    if (param.frozen) return;
    const Tensor& start = zero_shot_.at(name);
    const Tensor mean = alpha > 0 ? average_weights(start, fine_tuned_.at(name), alpha) : Tensor::copy_of(start);
    parts_.backend->assign(mean, param.value);
  });
  parts_.model.prepare(*parts_.backend);
}

Tensor FineTuner::logits(const FewShotPictures& pictures, double alpha) {
  set_weights(alpha);
  const Context context{*parts_.backend, workspace_};
  const Tensor classifier = zero_shot_classifier(
      compare_, prompts_,
      [&](std::span<const std::string> texts) {
        return parts_.model.encode_tokens(context, tokens_of(texts), Output::kFeatures);
      },
      [&](int64_t) { check_stop(); });
  const auto n = pictures.pictures.size();
  const Tensor features = Tensor::empty({static_cast<int64_t>(n), parts_.model.config.embed_dim});
  for (size_t begin = 0; begin < n; begin += kEncoded) {
    check_stop();
    std::vector<size_t> which(std::min(kEncoded, n - begin));
    std::iota(which.begin(), which.end(), begin);
    const Tensor rows = parts_.model.encode_pixels(context, read(pictures, which), Output::kFeatures);
    std::copy_n(rows.data<float>(), rows.num_elements(), features.row<float>(static_cast<int64_t>(begin)).begin());
    if (callbacks_.progress)
      callbacks_.progress("pictures", static_cast<int64_t>(begin + which.size()), static_cast<int64_t>(n));
  }
  const auto log_scale = [&](const StateDict& weights) {
    return static_cast<double>(*weights.at("logit_scale").data<float>());
  };
  const double start = log_scale(zero_shot_), scale = start + alpha * (log_scale(fine_tuned_) - start);
  return zero_shot_logits(compare_, features, classifier, std::exp(scale));
}

}  // namespace clipkit
