#include "clipkit/audit.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalOverlap : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  OverlapOptions o_;
  std::vector<std::string> train_;
};

Manual EvalOverlap::manual() {
  Manual manual{
      .name = "eval overlap",
      .arguments = "",
      .summary =
          "Find test pictures that the training data hold too, and say what zero-shot accuracy owes to them.\n"
          "CLIP's analysis: accuracy on all pictures, on the overlap and on the clean rest, with a binomial test.\n"
          "The report shows the pairs about the threshold, so that it can be chosen by looking at them.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval overlap --model M --data cifar10:/data/cifar10 --train-data 'laion/{0000..0099}.tar' "
                   "--report out",
                   "clipkit eval overlap --data cifar10:/data/cifar10 --train-data cifar10:/data/cifar10"},
  };
  eval_.add_to(manual.options, "NAME:PATH of a known set (clipkit data sets), a folder of class folders, or a .csv");
  eval_.add_split_to(manual.options);
  manual.options.push_back(texts("--train-data", "SPEC", &train_,
                                 "shards, .csv or folder of pairs, or a labelled set, as in cifar10:PATH or tar:PATH; "
                                 "pairs may be repeated"));
  manual.options.push_back(text("--train-split", "NAME", &o_.train_split, "split of a labelled set")
                               .with_default("the one that the test split belongs to"));
  const std::vector<std::pair<std::string, OverlapDetector>> detectors = {{"pixels", OverlapDetector::kPixels},
                                                                          {"model", OverlapDetector::kModel}};
  manual.options.push_back(
      choice("--detector", detectors, &o_.detector, "what is compared: low frequencies or features"));
  manual.options.push_back(real("--threshold", "X", &o_.threshold, 0, "cosine from which a pair is one picture")
                               .with_default("0.9, of the model's features 0.95"));
  manual.options.push_back(
      number("--pairs", "N", &o_.num_pairs, {0, 1000}, "about the threshold, that the report shows"));
  manual.options.push_back(texts("--template", "TEXT", &o_.templates, "prompt with {} for the class; may be repeated")
                               .with_default("the set's templates"));
  return manual;
}

int EvalOverlap::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if (train_.empty()) throw UsageError("--train-data is missing");
  if (o_.threshold > 1) throw UsageError("--threshold is a cosine, at most 1");
  for (const std::string& part : train_) o_.train_data += (o_.train_data.empty() ? "" : "::") + part;
  const OverlapResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_overlap(o_, callbacks); });
  if (result.is_doubtful()) {
    message(std::to_string(result.doubtful) + " of " + std::to_string(result.all.pictures) +
            " test pictures have their most similar training picture within 0.05 of the threshold " +
            fixed(result.threshold, 3) +
            ", which therefore does not part copies from pictures that are merely alike: " +
            "look at the pairs of --report and set another by --threshold");
  }
  eval_.finish(result, [&] {
    print(result.origin.title + ": " + std::to_string(result.origin.pictures) + " pictures against " +
          std::to_string(result.train_pictures) + " training pictures\n");
    std::vector<std::vector<std::string>> rows = {{"", "pictures", "accuracy"}};
    for (const auto& [name, part] :
         {std::pair{"all", &result.all}, std::pair{"overlap", &result.overlap}, std::pair{"clean", &result.clean}}) {
      rows.push_back(
          {name, std::to_string(part->pictures), part->pictures > 0 ? fixed(100 * part->accuracy, 2) + " %" : "-"});
    }
    print_table(rows);
    print("\nsame bytes            " + std::to_string(result.exact) + " pictures\n");
    if (result.clean.pictures > 0)
      print("contamination effect  " + fixed(100 * result.contamination_effect, 2) + " points\n");
    print("overlap, 99.5 %       " + fixed(100 * result.overlap_low, 2) + " to " + fixed(100 * result.overlap_high, 2) +
          " %, p = " + fixed(result.p_value, 4) + "\n");
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_overlap() {
  return std::make_unique<EvalOverlap>();
}

}  // namespace clipkit::cli
