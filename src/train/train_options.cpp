#include <type_traits>

#include "base/check.h"
#include "base/json.h"
#include "clipkit/train.h"

// One list of the options for reading and writing.

namespace clipkit {

namespace {

template <class Value>
using Words = std::initializer_list<std::pair<const char*, Value>>;

const Words<LearningRateSchedule> kSchedules = {{"cosine", LearningRateSchedule::kCosine},
                                                {"const", LearningRateSchedule::kConstant},
                                                {"const-cooldown", LearningRateSchedule::kConstantCooldown}};
const Words<LossGradient> kGradients = {
    {"exact", LossGradient::kExact}, {"global", LossGradient::kGlobalOnly}, {"local", LossGradient::kLocalOnly}};
const Words<Precision> kPrecisions = {{"fp32", Precision::kFloat32}, {"amp_bf16", Precision::kBFloat16}};

// Calls visit(name, field) or visit(name, field, words) for each option. Options: TrainOptions, const or not.
template <class Options, class Visit>
void visit_options(Options& o, const Visit& visit) {
  visit("model", o.model);
  visit("pretrained", o.pretrained);
  visit("tokenizer", o.tokenizer);
  visit("force-image-size", o.force_image_size);
  visit("force-context-length", o.force_context_length);
  visit("train-data", o.train_data);
  visit("val-data", o.val_data);
  visit("val-classes", o.val_classes);
  visit("val-template", o.val_template);
  visit("csv-img-key", o.csv_img_key);
  visit("csv-caption-key", o.csv_caption_key);
  visit("csv-separator", o.csv_separator);
  visit("train-data-upsampling-factors", o.train_data_upsampling_factors);
  visit("shuffle-buffer", o.shuffle_buffer);
  visit("workers", o.workers);
  visit("aug-scale-min", o.aug_scale_min);
  visit("color-jitter", o.color_jitter);
  visit("color-jitter-prob", o.color_jitter_prob);
  visit("gray-scale-prob", o.gray_scale_prob);
  visit("batch-size", o.batch_size);
  visit("accum-freq", o.accum_freq);
  visit("epochs", o.epochs);
  visit("lr", o.lr);
  visit("beta1", o.beta1);
  visit("beta2", o.beta2);
  visit("eps", o.eps);
  visit("wd", o.wd);
  visit("warmup", o.warmup);
  visit("lr-scheduler", o.lr_scheduler, kSchedules);
  visit("epochs-cooldown", o.epochs_cooldown);
  visit("lr-cooldown-end", o.lr_cooldown_end);
  visit("lr-cooldown-power", o.lr_cooldown_power);
  visit("grad-clip-norm", o.grad_clip_norm);
  visit("siglip", o.siglip);
  visit("loss-gradient", o.loss_gradient, kGradients);
  visit("use-bn-sync", o.use_bn_sync);
  visit("ema-decay", o.ema_decay);
  visit("lock-image", o.lock_image);
  visit("lock-image-unlocked-groups", o.lock_image_unlocked_groups);
  visit("lock-text", o.lock_text);
  visit("lock-text-unlocked-groups", o.lock_text_unlocked_groups);
  visit("layer-decay", o.layer_decay);
  visit("force-patch-dropout", o.force_patch_dropout);
  visit("seed", o.seed);
  visit("device", o.device);
  visit("precision", o.precision, kPrecisions);
  visit("threads", o.threads);
  visit("bf16-moments", o.bf16_moments);
  visit("bf16-gradients", o.bf16_gradients);
  visit("grad-checkpointing", o.grad_checkpointing);
  visit("save-frequency", o.save_frequency);
  visit("save-every", o.save_every);
  visit("keep-checkpoints", o.keep_checkpoints);
  visit("val-frequency", o.val_frequency);
  visit("log-every-n-steps", o.log_every_n_steps);
}

struct Write {
  OrderedJson& json;

  template <class Value>
  void operator()(const char* name, const Value& value) const {
    json[name] = value;
  }
  template <class Value>
  void operator()(const char* name, const std::optional<Value>& value) const {
    if (value) json[name] = *value;
  }
  template <class Value>
  void operator()(const char* name, const Value& value, const Words<Value>& words) const {
    for (const auto& [word, meaning] : words) {
      if (meaning == value) json[name] = word;
    }
  }
};

// Takes what it knows out of the object, so that what is left is a mistake.
struct Read {
  Json& json;
  std::string_view place;

  template <class Value>
  void operator()(const char* name, Value& value) const {
    take(name, [&](const Json& found) { value = as<Value>(name, found); });
  }
  template <class Value>
  void operator()(const char* name, std::optional<Value>& value) const {
    take(name, [&](const Json& found) { value = as<Value>(name, found); });
  }
  template <class Value>
  void operator()(const char* name, Value& value, const Words<Value>& words) const {
    take(name, [&](const Json& found) {
      std::string known;
      for (const auto& [word, meaning] : words) {
        if (found == word) return void(value = meaning);
        known += concat(known.empty() ? "" : ", ", word);
      }
      refuse(name, found, "one of " + known);
    });
  }

 private:
  template <class Use>
  void take(const char* name, const Use& use) const {
    const auto found = json.find(name);
    if (found == json.end()) return;
    use(*found);
    json.erase(found);
  }
  template <class Value>
  Value as(const char* name, const Json& found) const {
    if constexpr (std::is_same_v<Value, bool>) {
      if (!found.is_boolean()) refuse(name, found, "true or false");
    } else if constexpr (std::is_same_v<Value, std::string>) {
      if (!found.is_string()) refuse(name, found, "a string");
    } else if constexpr (std::is_integral_v<Value>) {
      const bool fits =
          found.is_number_integer() && (found.is_number_unsigned() ? std::in_range<Value>(found.get<uint64_t>())
                                                                   : std::in_range<Value>(found.get<int64_t>()));
      if (!fits) refuse(name, found, "an integer");
    } else if constexpr (std::is_floating_point_v<Value>) {
      if (!found.is_number()) refuse(name, found, "a number");
    } else {
      const bool numbers = found.is_array() &&
                           std::all_of(found.begin(), found.end(), [](const Json& entry) { return entry.is_number(); });
      if (!numbers) refuse(name, found, "an array of numbers");
    }
    return found.get<Value>();
  }
  [[noreturn]] void refuse(const char* name, const Json& found, std::string_view expected) const {
    fail(ErrorCode::kCorrupt, place, ": \"", name, "\" is ", found.dump(), ", expected ", expected);
  }
};

}  // namespace

std::string to_json(const TrainOptions& options) {
  OrderedJson json = OrderedJson::object();
  visit_options(options, Write{json});
  return json.dump(2) + "\n";
}

void apply_json(TrainOptions& options, std::string_view text, std::string_view place) {
  Json json = parse_json(text, place);
  if (!json.is_object()) fail(ErrorCode::kCorrupt, place, ": not a JSON object");
  TrainOptions result = options;
  visit_options(result, Read{json, place});
  if (!json.empty()) fail(ErrorCode::kCorrupt, place, ": there is no option \"", json.begin().key(), "\"");
  options = result;
}

}  // namespace clipkit
