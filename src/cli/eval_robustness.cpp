#include <cmath>

#include "clipkit/audit.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalRobustness : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  RobustnessOptions o_;
  std::string baselines_, against_;
};

Manual EvalRobustness::manual() {
  Manual manual{
      .name = "eval robustness",
      .arguments = "",
      .summary =
          "How much zero-shot accuracy is left on shifted versions of a set, and whether that is more than expected.\n"
          "Effective robustness is what a model has above the line through other models' accuracies, in logits;\n"
          "relative robustness is what it has above one other model. Sets with fewer classes are compared with the\n"
          "reference set among these classes.",
      .argument_help = {},
      .options = {},
      .examples =
          {"clipkit eval robustness --model M --data imagenet:/data/imagenet --shift imagenet_a:/data/imagenet-a "
           "--shift imagenet_v2:/data/imagenetv2 --baselines models.csv --report out",
           "clipkit eval robustness --model M2 --data imagenet:/data/imagenet --shift imagenet_a:/data/imagenet-a "
           "--against out/result.json"},
  };
  eval_.add_to(manual.options, "NAME:PATH of the reference set, a folder of class folders, or a .csv");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
  manual.options.push_back(texts("--shift", "SPEC", &o_.shifts, "a shifted set, given as --data is; may be repeated"));
  manual.options.push_back(
      text("--baselines", "FILE", &baselines_,
           "CSV of other models: model, reference, shifted in percent; shift, if there are several"));
  manual.options.push_back(
      text("--against", "FILE", &against_, "result.json of another model on the same sets, for relative robustness"));
  manual.options.push_back(texts("--template", "TEXT", &o_.templates, "prompt with {} for the class; may be repeated")
                               .with_default("each set's templates"));
  return manual;
}

std::string points(double part) {
  if (!std::isfinite(part)) return "-";
  return (part >= 0 ? "+" : "") + fixed(100 * part, 2);
}

int EvalRobustness::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if (o_.shifts.empty()) throw UsageError("--shift is missing");
  o_.baselines = baselines_;
  o_.against = against_;
  const RobustnessResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_robustness(o_, callbacks); });
  eval_.finish(result, [&] {
    print(result.origin.title + ": " + std::to_string(result.origin.pictures) + " pictures, " +
          std::to_string(result.origin.classes) + " classes, " + spelled(result.accuracy) + "\n\n");
    std::vector<std::vector<std::string>> rows = {{"", "under shift", "without", "line", "effective", "relative"}};
    for (const auto& one : result.shifts) {
      rows.push_back({one.title, spelled(one.accuracy), fixed(100 * one.reference.value, 2) + " %",
                      std::isfinite(one.expected) ? fixed(100 * one.expected, 2) + " %" : "-", points(one.effective),
                      points(one.relative)});
    }
    print_table(rows);
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_robustness() {
  return std::make_unique<EvalRobustness>();
}

}  // namespace clipkit::cli
