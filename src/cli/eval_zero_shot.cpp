#include "clipkit/evaluate.h"

#include "cli/command.h"
#include "cli/eval_options.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

class EvalZeroShot : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  ZeroShotOptions o_;
  std::string classes_, prompts_;
};

Manual EvalZeroShot::manual() {
  Manual manual{
      .name = "eval zero-shot",
      .arguments = "",
      .summary =
          "Classify a data set's pictures by words alone, and say how often that is right.\n"
          "Each class is the average of its prompts, as in CLIP; intervals are those of a bootstrap, 95 %.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval zero-shot --model ViT-B-32.pt --data cifar10:/data/cifar-10-batches-bin --report out",
                   "clipkit eval zero-shot --data pictures/ --template \"a drawing of a {}.\""},
  };
  eval_.add_to(manual.options, "NAME:PATH of a known set (clipkit data sets), a folder of class folders, or a .csv");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
  manual.options.push_back(texts("--template", "TEXT", &o_.templates, "prompt with {} for the class; may be repeated")
                               .with_default("the set's templates"));
  manual.options.push_back(
      text("--classes", "FILE", &classes_, "other names, a class a line, further names of it behind TABs")
          .with_default("the set's names"));
  manual.options.push_back(
      text("--prompts", "FILE", &prompts_, "JSON with sentences for each class instead of templates, as CuPL's"));
  manual.options.push_back(
      number("--mistakes", "N", &o_.num_mistakes, {0, 1000}, "surest wrong answers that the report shows"));
  return manual;
}

std::vector<std::vector<std::string>> read_classes(const std::string& file) {
  std::vector<std::vector<std::string>> classes;
  for (const std::string& line : read_texts(file)) {
    if (line.empty()) continue;
    std::vector<std::string>& names = classes.emplace_back();
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find('\t', begin), line.size());
      if (end > begin) names.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    if (names.empty()) throw Error(ErrorCode::kCorrupt, file + ": a line has TABs and no name");
  }
  return classes;
}

int EvalZeroShot::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  for (const std::string& one : o_.templates) {
    if (one.find("{}") == std::string::npos) throw UsageError("the template \"" + one + "\" has no {} for the class");
  }
  if (!prompts_.empty() && (!o_.templates.empty() || !classes_.empty()))
    throw UsageError("--prompts takes the place of --template and --classes");
  if (!classes_.empty()) o_.class_names = read_classes(classes_);
  o_.prompts = prompts_;
  const ZeroShotResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_zero_shot(o_, callbacks); });
  eval_.finish(result, [&] {
    print_scores(result.scores, result.origin);
    print_mean_of_folds(result.folds, result.over_folds);
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_zero_shot() {
  return std::make_unique<EvalZeroShot>();
}

}  // namespace clipkit::cli
