#include "cli/eval_options.h"

#include <algorithm>
#include <cmath>

#include "cli/terminal.h"

namespace clipkit::cli {

void EvalOptions::add_to(std::vector<Option>& options, const std::string& data_help) {
  options.push_back(text("--data", "SPEC", &input_.data, data_help));
  options.push_back(text("--report", "FOLDER", &report_, "write index.html, a page in one file, and result.json"));
  options.push_back(flag("--json", &json_, "one JSON object on stdout"));
  add_running_to(options);
}

void EvalOptions::add_running_to(std::vector<Option>& options) {
  options.push_back(text("--model", "FILE", &input_.model, "checkpoint: .safetensors, .pt or folder, or a pulled name")
                        .with_default("emoji, which comes with clipkit"));
  options.push_back(text("--cache", "FOLDER", &cache_, "where features are kept and found again")
                        .with_default("features in clipkit's cache folder"));
  options.push_back(flag("--no-cache", &no_cache_, "keep no features"));
  const std::vector<std::pair<std::string, Precision>> precisions = {
      {"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}};
  options.push_back(choice("--precision", precisions, &input_.precision, "operands of the model's matrix products"));
  options.push_back(
      number("--threads", "N", &input_.threads, {0, 1024}, "that compute and decode; results do not change")
          .with_default("all processors"));
  options.push_back(text("--device", "NAME", &input_.device, "where to compute"));
}

void EvalOptions::add_split_to(std::vector<Option>& options) {
  options.push_back(text("--split", "NAME", &input_.split, "split to score").with_default("the set's test split"));
}

void EvalOptions::add_resamples_to(std::vector<Option>& options) {
  options.push_back(number("--resamples", "N", &input_.resamples, {0, 1'000'000},
                           "of the bootstrap behind the intervals; 0: no intervals"));
}

EvalInput EvalOptions::input(const Arguments& arguments) const {
  if (!arguments.all().empty())
    throw UsageError("\"" + arguments.all().front() + "\" is no option; data is given by --data");
  if (input_.data.empty()) throw UsageError("--data is missing");
  return running_input(arguments);
}

EvalInput EvalOptions::running_input(const Arguments& arguments) const {
  if (no_cache_ && !cache_.empty()) throw UsageError("--cache and --no-cache exclude each other");
  EvalInput input = input_;
  input.cache = cache_;
  input.use_cache = !no_cache_;
  input.command = arguments.command;
  if (input.model.empty())
    message("without --model: the small model that comes with clipkit, which knows emoji and simple drawings alone");
  return input;
}

void EvalOptions::say(const EvalOrigin& origin) const {
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < std::min(kShown, origin.unreadable.size()); ++i)
    message(origin.unreadable[i].picture + ": left out: " + origin.unreadable[i].reason);
  if (origin.unreadable.size() > kShown)
    message(std::to_string(origin.unreadable.size()) + " pictures cannot be read and are left out of all numbers");
  if (origin.cut_texts > 0)
    message(std::to_string(origin.cut_texts) + " texts are longer than the model's context: their ends were cut off");
  if (!report_.empty()) message("the report is " + report_ + "/index.html");
}

void EvalOptions::put(const std::string& json) {
  print(json + "\n");
}

std::string spelled(const Estimate& estimate) {
  std::string text = fixed(100 * estimate.value, 2) + " %";
  if (std::isfinite(estimate.low))
    text += " (" + fixed(100 * estimate.low, 2) + " to " + fixed(100 * estimate.high, 2) + ")";
  return text;
}

void print_scores(const ClassificationScores& scores, const EvalOrigin& origin) {
  print(origin.title + ": " + std::to_string(origin.pictures) + " pictures, " + std::to_string(origin.classes) +
        " classes\n");
  print(scores.metric + " " + spelled(scores.score) + "\n\n");
  print("top 1              " + spelled(scores.top1) + "\n");
  print("top 5              " + spelled(scores.top5) + "\n");
  print("mean per class     " + spelled(scores.mean_per_class) + "\n");
  if (scores.roc_auc) print("ROC AUC            " + fixed(100 * *scores.roc_auc, 2) + " %\n");
  print("calibration error  " + fixed(100 * scores.calibration_error, 2) + " %\n");
}

void print_mean_of_folds(const std::vector<FoldScore>& folds, const Estimate& mean) {
  if (folds.empty()) return;
  print("mean of " + std::to_string(folds.size()) + " folds    " + spelled(mean) + "; the others are of the first\n");
}

}  // namespace clipkit::cli
