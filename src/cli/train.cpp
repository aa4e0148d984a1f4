#include "clipkit/train.h"

#include <charconv>
#include <fstream>
#include <iterator>

#include "clipkit/error.h"
#include "clipkit/log.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/train_plan.h"

namespace clipkit::cli {

namespace {

std::string read_whole(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(stream), {});
  if (!stream) throw UsageError(file + " cannot be read");
  return content;
}

// "1::0.5"
std::vector<double> parse_factors(const std::string& text) {
  std::vector<double> factors;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find("::", begin), text.size());
    double factor = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, factor);
    if (error != std::errc() || stop != text.data() + end || !(factor > 0))
      throw UsageError("--train-data-upsampling-factors is \"" + text + "\", expected numbers above 0 such as 1::0.5");
    factors.push_back(factor);
    begin = end + 2;
  }
  return factors;
}

class Train : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void add_model_options(std::vector<Option>& options);
  void add_data_options(std::vector<Option>& options);
  void add_step_options(std::vector<Option>& options);
  void add_layer_options(std::vector<Option>& options);
  void add_running_options(std::vector<Option>& options);
  void add_kept_options(std::vector<Option>& options);

  TrainOptions o_;
  std::string resume_, logs_ = o_.logs.string();
  bool dry_run_ = false, json_ = false;
};

Manual Train::manual() {
  Manual manual{
      .name = "train",
      .arguments = "",
      .summary =
          "Train a model on pictures and their captions, from nothing or from a checkpoint.\n"
          "Everything goes to the folder --logs: checkpoints that every command takes as --model, metrics.jsonl, "
          "TensorBoard\n"
          "files, report.html and options.json. Ctrl-C finishes the step, saves and ends; --resume goes on, to the "
          "bit. Options\n"
          "have open_clip's names where they mean the same; --batch-size counts the pairs of all processes together.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit train --model ViT-S-16 --train-data 'shards/{000000..000099}.tar' --val-data val.tar "
                   "--batch-size 256 --logs runs/first",
                   "clipkit train --resume runs/first",
                   "mpirun -n 4 clipkit train --config runs/first/options.json --logs runs/second"},
  };
  std::vector<Option>& options = manual.options;
  options.push_back(text("--logs", "FOLDER", &logs_, "where the run is kept"));
  options.push_back(text("--resume", "FOLDER", &resume_, "go on with the run in this folder, with its options"));
  options.push_back({.name = "--config",
                     .value = "FILE",
                     .help = "options from a JSON file such as a run's options.json; options after it count",
                     .unit = {},
                     .default_text = {},
                     .set = [this](const std::string& file) { apply_json(o_, read_whole(file), file); }});
  options.push_back(flag("--dry-run", &dry_run_, "say what memory and time the run will take, and train nothing"));
  options.push_back(flag("--json", &json_, "that as JSON"));
  const auto in_group = [&](const char* group, void (Train::*add)(std::vector<Option>&)) {
    const size_t first = options.size();
    (this->*add)(options);
    for (size_t i = first; i < options.size(); ++i) options[i].group = group;
  };
  in_group("what is trained", &Train::add_model_options);
  in_group("data", &Train::add_data_options);
  in_group("steps", &Train::add_step_options);
  in_group("which layers learn", &Train::add_layer_options);
  in_group("how it runs", &Train::add_running_options);
  in_group("what is kept", &Train::add_kept_options);
  return manual;
}

void Train::add_model_options(std::vector<Option>& options) {
  options.push_back(text("--model", "NAME", &o_.model, "architecture: a name or a JSON file"));
  options.push_back(text("--pretrained", "FILE", &o_.pretrained, "checkpoint to start from; it says the architecture")
                        .with_default("from nothing"));
  options.push_back(text("--tokenizer", "FOLDER", &o_.tokenizer, "vocab.json and merges.txt")
                        .with_default("the checkpoint's, or CLIP's"));
  options.push_back(
      number("--force-image-size", "N", &o_.force_image_size, {1, 1 << 14}, "another picture size").with_unit("px"));
  options.push_back(number("--force-context-length", "N", &o_.force_context_length, {2, 1 << 16}, "another text length")
                        .with_unit("tokens"));
}

void Train::add_data_options(std::vector<Option>& options) {
  options.push_back(
      text("--train-data", "PAIRS", &o_.train_data,
           "tar shards such as 'x/{0000..0099}.tar', a .csv, .tsv or .jsonl file, a folder; A::B for both"));
  options.push_back(text("--val-data", "PAIRS", &o_.val_data, "the same, to measure on"));
  options.push_back(text("--val-classes", "FILE", &o_.val_classes,
                         "also classify them among these names, one a line; captions say what is right"));
  options.push_back(text("--val-template", "TEXT", &o_.val_template, "prompt with {} for the name"));
  options.push_back(
      {.name = "--train-data-upsampling-factors",
       .value = "A::B",
       .help = "how often each part of a list is seen in an epoch",
       .unit = {},
       .default_text = "1 each",
       .set = [this](const std::string& given) { o_.train_data_upsampling_factors = parse_factors(given); }});
  options.push_back(
      text("--csv-img-key", "NAME", &o_.csv_img_key, "column of the picture's path").with_default("filepath"));
  options.push_back(
      text("--csv-caption-key", "NAME", &o_.csv_caption_key, "column of the caption").with_default("title"));
  options.push_back(text("--csv-separator", "C", &o_.csv_separator, "between columns")
                        .with_default("TAB or comma, as the header has it"));
  options.push_back(whole("--shuffle-buffer", "N", &o_.shuffle_buffer, 0, "samples shuffled at a time; 0: all"));
  options.push_back(number("--workers", "N", &o_.workers, {0, 1024}, "threads that load pictures; 0: the processors"));
  options.push_back(
      real("--aug-scale-min", "X", &o_.aug_scale_min, 0, "smallest part of a picture that a random crop keeps"));
  options.push_back(real("--color-jitter", "X", &o_.color_jitter, 0, "strength of random changes of colour"));
  options.push_back(real("--color-jitter-prob", "P", &o_.color_jitter_prob, 0, "how often they happen"));
  options.push_back(real("--gray-scale-prob", "P", &o_.gray_scale_prob, 0, "how often colours are dropped"));
}

void Train::add_step_options(std::vector<Option>& options) {
  options.push_back(number("--batch-size", "N", &o_.batch_size, {2, 1 << 24}, "pairs a step, of all processes"));
  options.push_back(
      number("--accum-freq", "N", &o_.accum_freq, {1, 1 << 20}, "parts a batch is computed in, to save memory"));
  options.push_back(number("--epochs", "N", &o_.epochs, {1}, "times through the data"));
  options.push_back(real("--lr", "X", &o_.lr, 0, "highest learning rate"));
  options.push_back(real("--beta1", "X", &o_.beta1, 0, "of Adam").with_default("0.9"));
  options.push_back(real("--beta2", "X", &o_.beta2, 0, "of Adam").with_default("ViT 0.98, ResNet 0.999"));
  options.push_back(real("--eps", "X", &o_.eps, 0, "of Adam").with_default("ViT 1e-6, ResNet 1e-8"));
  options.push_back(real("--wd", "X", &o_.wd, 0, "weight decay of matrices"));
  options.push_back(whole("--warmup", "N", &o_.warmup, 0, "steps in which the learning rate rises"));
  const std::vector<std::pair<std::string, LearningRateSchedule>> schedules = {
      {"cosine", LearningRateSchedule::kCosine},
      {"const", LearningRateSchedule::kConstant},
      {"const-cooldown", LearningRateSchedule::kConstantCooldown}};
  options.push_back(choice("--lr-scheduler", schedules, &o_.lr_scheduler, "the learning rate afterwards"));
  options.push_back(real("--epochs-cooldown", "N", &o_.epochs_cooldown, 0, "epochs in which const-cooldown falls"));
  options.push_back(real("--lr-cooldown-end", "X", &o_.lr_cooldown_end, 0, "to this"));
  options.push_back(real("--lr-cooldown-power", "X", &o_.lr_cooldown_power, 0, "along this power"));
  options.push_back(
      real("--grad-clip-norm", "X", &o_.grad_clip_norm, 0, "scale longer gradients down to this norm; 0: no"));
  options.push_back(flag("--siglip", &o_.siglip, "the sigmoid loss instead of the softmax"));
  const std::vector<std::pair<std::string, LossGradient>> gradients = {
      {"exact", LossGradient::kExact}, {"global", LossGradient::kGlobalOnly}, {"local", LossGradient::kLocalOnly}};
  options.push_back(choice("--loss-gradient", gradients, &o_.loss_gradient,
                           "what flows between processes; exact equals one process, the others repeat open_clip runs"));
  options.push_back(flag("--use-bn-sync", &o_.use_bn_sync, "a ResNet's batch statistics over all processes"));
  options.push_back(real("--ema-decay", "X", &o_.ema_decay, 0, "also keep a running mean of the weights; 0: no"));
  options.push_back(whole("--seed", "N", &o_.seed, 0, "of everything random"));
}

void Train::add_layer_options(std::vector<Option>& options) {
  options.push_back(flag("--lock-image", &o_.lock_image, "the image tower stays as it is (LiT)"));
  options.push_back(number("--lock-image-unlocked-groups", "N", &o_.lock_image_unlocked_groups, {0, 1024},
                           "but for its last groups: projection, blocks, embeddings"));
  options.push_back(flag("--lock-text", &o_.lock_text, "the text tower stays as it is"));
  options.push_back(
      number("--lock-text-unlocked-groups", "N", &o_.lock_text_unlocked_groups, {0, 1024}, "but for its last groups"));
  options.push_back(
      real("--layer-decay", "X", &o_.layer_decay, 0, "factor of the learning rate from each group to the one below"));
  options.push_back(real("--force-patch-dropout", "P", &o_.force_patch_dropout, 0,
                         "part of a ViT's patches left out in training (FLIP)"));
}

void Train::add_running_options(std::vector<Option>& options) {
  const std::vector<std::pair<std::string, Precision>> precisions = {{"fp32", Precision::kFloat32},
                                                                     {"amp_bf16", Precision::kBFloat16}};
  options.push_back(choice("--precision", precisions, &o_.precision, "operands of matrix products and activations"));
  options.push_back(flag("--bf16-moments", &o_.bf16_moments, "the optimiser's state in bf16, stochastically rounded"));
  options.push_back(flag("--bf16-gradients", &o_.bf16_gradients, "gradients of matrices in bf16, for amp_bf16"));
  options.push_back(flag("--grad-checkpointing", &o_.grad_checkpointing,
                         "compute activations again in the backward pass: less memory, a third more time"));
  options.push_back(text("--device", "NAME", &o_.device, "where to compute"));
  options.push_back(number("--threads", "N", &o_.threads, {0, 1024}, "compute threads; results do not depend on it")
                        .with_default("the processors"));
}

void Train::add_kept_options(std::vector<Option>& options) {
  options.push_back(
      number("--save-frequency", "N", &o_.save_frequency, {0}, "epochs between checkpoints; 0: one at the end"));
  options.push_back(whole("--save-every", "N", &o_.save_every, 0, "steps between further ones; 0: none"));
  options.push_back(number("--keep-checkpoints", "N", &o_.keep_checkpoints, {0}, "newest that stay; 0: all"));
  options.push_back(number("--val-frequency", "N", &o_.val_frequency, {0}, "epochs between measurements; 0: none"));
  options.push_back(whole("--log-every-n-steps", "N", &o_.log_every_n_steps, 1, "steps between lines of metrics"));
}

std::string status_text(const TrainStatus& s) {
  return "step " + std::to_string(s.step) + " of " + std::to_string(s.total_steps) + ", loss " + fixed(s.loss, 3) +
         ", temperature 1/" + fixed(s.logit_scale, 1) + ", " + fixed(s.pairs_per_second, 1) + " pairs/s, " +
         human_seconds(s.seconds_left) + " left, waited for data " + fixed(100 * s.loader_wait, 1) + " %";
}

int Train::run(const Arguments& arguments) {
  if (!arguments.all().empty()) throw UsageError("\"" + arguments.all().front() + "\" is no option");
  if (resume_.empty() && o_.train_data.empty()) throw UsageError("give --train-data, or --resume FOLDER");
  if (!resume_.empty() && (to_json(o_) != to_json(TrainOptions{}) || logs_ != o_.logs.string()))
    throw UsageError("--resume goes on with the options of the run: leave the others out");
  if (dry_run_ && !resume_.empty()) throw UsageError("--dry-run plans a new run: leave --resume out");
  if (json_ && !dry_run_) throw UsageError("--json is the form of --dry-run's answer: give both");
  o_.logs = logs_;
  if (dry_run_) {
    const TrainPlan plan = plan_training(o_);
    if (plan.is_first_process) print(json_ ? plan_json(plan) : plan_text(plan));
    return kSuccess;
  }
  const InterruptGuard interrupt;
  show_notes();
  StatusLine line;
  const TrainCallbacks callbacks = {.status =
                                        [&](const TrainStatus& status) {
                                          if (line.is_due()) line.show(status_text(status));
                                        },
                                    .stop = [] { return InterruptGuard::requested(); }};
  const TrainSummary summary = resume_.empty() ? train(o_, callbacks) : resume_training(resume_, callbacks);
  const std::string folder = resume_.empty() ? logs_ : resume_;
  if (!summary.finished) {
    if (summary.is_first_process)
      message("stopped after " + std::to_string(summary.steps) + " of " + std::to_string(summary.total_steps) +
              " steps; \"clipkit train --resume " + folder + "\" goes on");
    return InterruptGuard::exit_status();
  }
  if (summary.is_first_process)
    message("trained " + std::to_string(summary.steps) + " steps: " + summary.checkpoint.string());
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace clipkit::cli
