#include <cmath>

#include "clipkit/reject.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalReject : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void print_result(const RejectResult& result) const;

  EvalOptions eval_;
  RejectOptions o_;
  std::string save_;
};

Manual EvalReject::manual() {
  Manual manual{
      .name = "eval reject",
      .arguments = "",
      .summary =
          "Say how well a model tells pictures that no label fits, and calibrate when \"classify\" shall decline.\n"
          "Some classes are held out and their pictures are the unknown ones, or another set's are. Four scores are\n"
          "compared: mcm (Ming et al. 2022), the largest probability, the largest cosine, and neglabel (Jiang et al.\n"
          "2024), the share of the labels against words of a built-in vocabulary that are unlike them all.\n"
          "AUROC: how often a known picture scores above an unknown one, 50 % by chance. FPR95: how many unknown\n"
          "pictures are kept where 95 % of the known ones are. Half of the known pictures calibrate a threshold that\n"
          "keeps the part --coverage of new ones (split conformal); kept and declined are measured on the rest.\n"
          "Prediction sets hold the labels that are probable enough to cover that part; an empty one declines.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval reject --model ViT-B-32.pt --data cifar100:/data/cifar100 --holdout 0.2 --report out",
                   "clipkit eval reject --data pictures/ --unknown others/ --save none.json",
                   "clipkit classify new.png --labels classes.txt --reject=none.json"},
  };
  eval_.add_to(manual.options, "known pictures: NAME:PATH (clipkit data sets), a folder of class folders, or a .csv");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
  manual.options.push_back(real("--holdout", "X", &o_.hold_out, 0, "so many classes are unknown, or a part below 1")
                               .with_default("none: --unknown"));
  manual.options.push_back(text("--unknown", "SPEC", &o_.unknown, "or a set all of whose pictures are unknown"));
  manual.options.push_back(
      text("--unknown-split", "NAME", &o_.unknown_split, "of that set").with_default("its test split"));
  manual.options.push_back(number("--draws", "N", &o_.draws, {1, 1000}, "of the classes that are held out"));
  manual.options.push_back(real("--coverage", "X", &o_.coverage, 0, "part of the known pictures that shall be kept"));
  const std::vector<std::pair<std::string, RejectScore>> scores = {{"neglabel", RejectScore::kNegLabel},
                                                                   {"mcm", RejectScore::kMcm},
                                                                   {"probability", RejectScore::kProbability},
                                                                   {"cosine", RejectScore::kCosine}};
  manual.options.push_back(choice("--score", scores, &o_.score, "what --save calibrates"));
  manual.options.push_back(
      text("--save", "FILE", &save_, "keep the threshold for all labels, for \"clipkit classify --reject=FILE\""));
  manual.options.push_back(texts("--template", "TEXT", &o_.templates, "prompt with {} for the class; may be repeated")
                               .with_default("the set's templates"));
  return manual;
}

std::string spelled_parts(const Estimate& e) {
  std::string text = fixed(100 * e.value, 1);
  if (std::isfinite(e.low)) text += " (" + fixed(100 * e.low, 1) + " to " + fixed(100 * e.high, 1) + ")";
  return text;
}

void EvalReject::print_result(const RejectResult& r) const {
  const auto& first = r.draws.front();
  print(r.origin.title + ": " + std::to_string(r.origin.pictures) + " pictures, " + std::to_string(r.origin.classes) +
        " classes; unknown: " +
        (r.unknown_data.empty() ? std::to_string(first.held_out.size()) + " classes held out, " +
                                      std::to_string(r.draws.size()) + (r.draws.size() == 1 ? " draw" : " draws")
                                : r.unknown_title + ", " + std::to_string(first.unknown) + " pictures") +
        "\n\n");
  const std::string coverage = fixed(100 * r.coverage, r.coverage * 100 == std::floor(r.coverage * 100) ? 0 : 1);
  std::vector<std::vector<std::string>> rows = {
      {"score, %", "AUROC", "FPR95", "known kept (" + coverage + " asked)", "unknown declined"}};
  for (const auto& one : r.scores)
    rows.push_back({to_string(one.score), spelled_parts(one.auroc), spelled_parts(one.fpr95), spelled_parts(one.kept),
                    spelled_parts(one.declined)});
  print_table(rows);
  print("\nprediction sets: " + spelled_parts(r.sets.covered) + " % have the right label (" + coverage + " asked), " +
        fixed(r.sets.size.value, 2) + " labels on average\n");
  print("empty ones: " + spelled_parts(r.sets.empty) + " % of the known, " + spelled_parts(r.sets.empty_unknown) +
        " % of the unknown\n");
}

int EvalReject::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if ((o_.hold_out > 0) == !o_.unknown.empty())
    throw UsageError("unknown pictures come from --holdout or from --unknown: give one of them");
  if (o_.unknown.empty() && !o_.unknown_split.empty()) throw UsageError("--unknown-split is for --unknown");
  if (!(o_.coverage > 0 && o_.coverage < 1)) throw UsageError("--coverage is a part between 0 and 1, such as 0.95");
  for (const std::string& one : o_.templates) {
    if (one.find("{}") == std::string::npos) throw UsageError("the template \"" + one + "\" has no {} for the class");
  }
  const RejectResult result = evaluate([&](const EvalCallbacks& callbacks) { return evaluate_reject(o_, callbacks); });
  if (!save_.empty()) {
    write_reject_rule(save_, result.rule);
    message("the rule is " + save_ + ": " + to_string(result.rule.score) + " of " + fixed(result.rule.threshold, 4) +
            " or more, from " + std::to_string(result.rule.pictures) + " pictures");
  }
  eval_.finish(result, [&] { print_result(result); });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_reject() {
  return std::make_unique<EvalReject>();
}

}  // namespace clipkit::cli
