#include "clipkit/evaluate.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalProbe : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  ProbeOptions o_;
};

Manual EvalProbe::manual() {
  Manual manual{
      .name = "eval probe",
      .arguments = "",
      .summary =
          "Fit a linear classifier to a model's features of a data set, and say how often it is right.\n"
          "CLIP's protocol: logistic regression by L-BFGS, its regulariser chosen on validation pictures among 96\n"
          "values, a last fit on training and validation pictures, scored on the test split.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval probe --model ViT-B-32.pt --data fashion-mnist:/data/fmnist --report out"},
  };
  eval_.add_to(manual.options, "NAME:PATH of a known set (clipkit data sets), a folder with train and test, or a .csv");
  const std::vector<std::pair<std::string, ProbeLayer>> layers = {{"paper", ProbeLayer::kPaper},
                                                                  {"before-projection", ProbeLayer::kBeforeProjection},
                                                                  {"features", ProbeLayer::kFeatures}};
  manual.options.push_back(
      choice("--layer", layers, &o_.layer, "features to fit on; paper: before a ViT's projection"));
  manual.options.push_back(
      text("--train-split", "NAME", &o_.train_split, "split to train on").with_default("the set's"));
  manual.options.push_back(
      text("--validation-split", "NAME", &o_.validation_split, "split that chooses the regulariser")
          .with_default("the set's, or a fifth of the training pictures"));
  manual.options.push_back(
      real("--lambda", "X", &o_.lambda, 1e-12, "regulariser, 1 / C in scikit-learn's words").with_default("searched"));
  manual.options.push_back(
      number("--max-iterations", "N", &o_.max_iterations, {1, 1'000'000}, "of L-BFGS, for each fit"));
  return manual;
}

int EvalProbe::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  const ProbeResult result = evaluate([&](const EvalCallbacks& callbacks) { return evaluate_probe(o_, callbacks); });
  eval_.finish(result, [&] {
    print_scores(result.scores, result.origin);
    print("lambda             " + fixed(result.lambda, 6) +
          (o_.lambda ? ""
                     : ", best of " + std::to_string(result.trials.size()) + " on " +
                           std::to_string(result.validation_pictures) + " validation pictures") +
          "\n");
    print("fitted on          " + std::to_string(result.train_pictures + result.validation_pictures) + " pictures, " +
          std::to_string(result.width) + " features, " + std::to_string(result.iterations) + " iterations\n");
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_probe() {
  return std::make_unique<EvalProbe>();
}

}  // namespace clipkit::cli
