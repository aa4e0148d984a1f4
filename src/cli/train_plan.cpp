#include "cli/train_plan.h"

#include <utility>

#include "cli/json_line.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

std::string gigabytes(size_t bytes) {
  return fixed(static_cast<double>(bytes) / 1e9, 2) + " GB";
}

}  // namespace

std::string plan_text(const TrainPlan& plan) {
  const auto line = [](std::string name, const std::string& amount, const std::string& remark = "") {
    name.resize(20, ' ');
    return name + amount + (remark.empty() ? "" : "  " + remark) + "\n";
  };
  std::string text = line("memory", gigabytes(plan.bytes()),
                          plan.available > 0 ? "of " + gigabytes(plan.available) + " that are free" : "");
  text += line("  parameters", gigabytes(plan.parameters));
  text += line("  gradients", gigabytes(plan.gradients));
  text += line("  moments", gigabytes(plan.moments));
  if (plan.averages > 0) text += line("  running means", gigabytes(plan.averages));
  text += line("  copies of weights", gigabytes(plan.weight_copies));
  text += line("  activations", gigabytes(plan.activations),
               "with captions of " + std::to_string(TrainPlan::kOrdinaryTokens) + " tokens; " +
                   gigabytes(plan.longest_activations) + " with the longest");
  text += line("steps", std::to_string(plan.steps),
               "of " + std::to_string(plan.pairs_per_step) + " pairs and " + fixed(plan.gflop_per_step, 0) + " GFLOP");
  text += line("expected", fixed(plan.pairs_per_second, 1) + " pairs/s", "so " + human_seconds(plan.seconds));
  return text;
}

std::string plan_json(const TrainPlan& plan) {
  JsonLine json;
  json.begin_object()
      .member("bytes", plan.bytes())
      .member("parameters", plan.parameters)
      .member("gradients", plan.gradients)
      .member("moments", plan.moments)
      .member("averages", plan.averages)
      .member("weight_copies", plan.weight_copies)
      .member("activations", plan.activations)
      .member("longest_activations", plan.longest_activations)
      .member("available", plan.available)
      .member("steps", plan.steps)
      .member("pairs_per_step", plan.pairs_per_step)
      .member("gflop_per_step", plan.gflop_per_step)
      .member("pairs_per_second", plan.pairs_per_second)
      .member("seconds", plan.seconds)
      .end_object();
  return std::move(json).line();
}

}  // namespace clipkit::cli
