#include "clipkit/evaluate.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/eval_options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

const std::vector<std::pair<std::string, FewShotMethod>> kMethods = {{"probe", FewShotMethod::kProbe},
                                                                     {"tip-adapter", FewShotMethod::kTipAdapter},
                                                                     {"tip-adapter-f", FewShotMethod::kTipAdapterF},
                                                                     {"blended", FewShotMethod::kTextBlended},
                                                                     {"wise-ft", FewShotMethod::kWiseFt},
                                                                     {"fine-tuned", FewShotMethod::kFineTuned}};

bool fine_tunes(FewShotMethod method) {
  return method == FewShotMethod::kWiseFt || method == FewShotMethod::kFineTuned;
}

std::string method_names() {
  std::string names;
  for (const auto& [name, method] : kMethods) names += (names.empty() ? "" : ",") + name;
  return names;
}

class EvalProbe : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  int run_shots();

  EvalOptions eval_;
  ProbeOptions o_;
  FewShotOptions few_;
  std::string shots_, heads_;
};

Manual EvalProbe::manual() {
  Manual manual{
      .name = "eval probe",
      .arguments = "",
      .summary =
          "Fit a linear classifier to a model's features of a data set, and say how often it is right.\n"
          "CLIP's protocol: logistic regression by L-BFGS, its regulariser chosen on validation pictures among 96\n"
          "values, a last fit on training and validation pictures, scored on the test split.\n"
          "With --shots: few pictures of each class instead, by the plain probe, Tip-Adapter(-F), a probe that starts "
          "from\n"
          "the texts and, if asked for, fine-tuning with averaged weights (WiSE-FT), each next to zero-shot.",
      .argument_help = {},
      .options = {},
      .examples =
          {"clipkit eval probe --model ViT-B-32.pt --data fashion-mnist:/data/fmnist --report out",
           "clipkit eval probe --data fashion-mnist:/data/fmnist --shots 1,2,4,8,16,full --report curve",
           "clipkit eval probe --data fashion-mnist:/data/fmnist --shots 1,4,16 --heads probe,wise-ft,fine-tuned"},
  };
  eval_.add_to(manual.options, "NAME:PATH of a known set (clipkit data sets), a folder with train and test, or a .csv");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
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
  manual.options.push_back(text("--shots", "LIST", &shots_, "pictures of each class, as in 1,2,4,8,16,full"));
  manual.options.push_back(number("--seeds", "N", &few_.seeds, {1, 1000}, "draws of the shots, with --shots"));
  manual.options.push_back(
      text("--heads", "LIST", &heads_,
           "what learns, with --shots: " + method_names() + "; the last two fine-tune the model, which takes long")
          .with_default("the first four"));
  manual.options.push_back(
      real("--fine-tune-lr", "X", &few_.fine_tuning.lr, 1e-12, "learning rate of wise-ft and fine-tuned"));
  manual.options.push_back(
      number("--fine-tune-epochs", "N", &few_.fine_tuning.epochs, {1, 100'000}, "rounds over the shots"));
  manual.options.push_back(number("--fine-tune-batch", "N", &few_.fine_tuning.batch_size, {2, 1 << 20},
                                  "pictures a step at most, each of another class"));
  manual.options.push_back(texts("--template", "TEXT", &few_.templates, "prompt with {} for the class, with --shots")
                               .with_default("the set's templates"));
  manual.options.push_back(
      number("--max-iterations", "N", &o_.max_iterations, {1, 1'000'000}, "of L-BFGS, for each fit"));
  return manual;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= list.size(); begin += words.back().size() + 1)
    words.push_back(list.substr(begin, list.find(',', begin) - begin));
  return words;
}

std::vector<int> parse_shots(const std::string& list) {
  std::vector<int> shots;
  for (const std::string& word : split(list)) {
    const bool digits = !word.empty() && word.size() <= 6 && word.find_first_not_of("0123456789") == std::string::npos;
    if (word != "full" && (!digits || std::stoi(word) < 1))
      throw UsageError("--shots: \"" + word + "\" is neither a number of pictures nor \"full\"");
    shots.push_back(word == "full" ? 0 : std::stoi(word));
  }
  return shots;
}

std::vector<FewShotMethod> parse_heads(const std::string& list) {
  std::vector<FewShotMethod> methods;
  for (const std::string& word : split(list)) {
    const auto found =
        std::find_if(kMethods.begin(), kMethods.end(), [&](const auto& known) { return known.first == word; });
    if (found == kMethods.end()) {
      std::vector<std::string> names;
      for (const auto& known : kMethods) names.push_back(known.first);
      throw UsageError("--heads: there is no \"" + word + "\"" + suggestion(word, names) + "; there are " +
                       method_names());
    }
    methods.push_back(found->second);
  }
  return methods;
}

int EvalProbe::run_shots() {
  few_.probe = o_;
  few_.shots = parse_shots(shots_);
  if (!heads_.empty()) few_.methods = parse_heads(heads_);
  if (std::any_of(few_.methods.begin(), few_.methods.end(), fine_tunes)) show_notes();  // the memory that it takes
  const FewShotResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_few_shot(few_, callbacks); });
  eval_.finish(result, [&] {
    print(result.origin.title + ": " + std::to_string(result.origin.pictures) + " pictures, " + result.metric + "\n");
    if (!result.folds.empty()) print("means of " + std::to_string(result.folds.size()) + " folds\n");
    print("zero-shot " + fixed(100 * result.zero_shot, 2) + " %\n\n");
    std::vector<std::vector<std::string>> rows = {{"shots"}};
    for (const auto& head : result.heads) rows[0].push_back(head.name);
    for (size_t i = 0; i < few_.shots.size(); ++i) {
      rows.push_back({few_.shots[i] == 0 ? "full" : std::to_string(few_.shots[i])});
      for (const auto& head : result.heads) {
        const auto& point = head.points[i];
        rows.back().push_back(spelled(Estimate{point.mean, point.low, point.high}));
      }
    }
    print_table(rows);
  });
  return kSuccess;
}

int EvalProbe::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if (!shots_.empty()) {
    if (o_.lambda || !o_.validation_split.empty())
      throw UsageError("--lambda and --validation-split are not for --shots: settings are chosen on held-out shots");
    return run_shots();
  }
  if (!few_.templates.empty()) throw UsageError("--template is for --shots: the probe reads no texts");
  if (!heads_.empty()) throw UsageError("--heads is for --shots");
  const ProbeResult result = evaluate([&](const EvalCallbacks& callbacks) { return evaluate_probe(o_, callbacks); });
  eval_.finish(result, [&] {
    print_scores(result.scores, result.origin);
    print_mean_of_folds(result.folds, result.over_folds);
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
