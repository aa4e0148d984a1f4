#include <algorithm>

#include "clipkit/audit.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalBias : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  BiasOptions o_;
  std::string labels_;
  std::vector<std::string> templates_;
};

Manual EvalBias::manual() {
  Manual manual{
      .name = "eval bias",
      .arguments = "",
      .summary =
          "How often pictures of each group get each of some labels, and the largest gap between groups.\n"
          "Each picture gets the label that fits it best; rates have Wilson's interval of 95 %. Labels may have a\n"
          "category, whose rate is that of all its labels, as in CLIP's study of FairFace.",
      .argument_help = {},
      .options = {},
      .examples =
          {"clipkit eval bias --model ViT-B-32.pt --data fairface_label_val.csv --labels labels.txt --report out",
           "clipkit eval bias --data people.jsonl --group country --labels words.txt"},
  };
  eval_.add_to(manual.options, "a .csv or .jsonl with a column file (or filepath, path, image) and columns of groups");
  manual.options.push_back(text("--labels", "FILE", &labels_, "a label a line, its category behind a TAB"));
  manual.options.push_back(
      texts("--group", "NAME", &o_.groups, "column to group by; may be repeated").with_default("age, gender and race"));
  manual.options.push_back(texts("--template", "TEXT", &templates_, "prompt with {} for the label; may be repeated")
                               .with_default("a photo of a {}."));
  return manual;
}

int EvalBias::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if (labels_.empty()) throw UsageError("--labels is missing");
  o_.labels = labels_;
  if (!templates_.empty()) o_.templates = templates_;
  const BiasResult result = evaluate([&](const EvalCallbacks& callbacks) { return evaluate_bias(o_, callbacks); });
  eval_.finish(result, [&] {
    print(result.origin.title + ": " + std::to_string(result.origin.pictures) + " pictures, " +
          std::to_string(result.labels.size()) + " labels; rates in %\n");
    for (const auto& column : result.columns) {
      std::vector<std::vector<std::string>> rows = {{column.name}};
      for (const auto& group : column.groups) rows[0].push_back(group.name);
      rows[0].push_back("gap");
      for (const auto& row : column.rows) {
        const bool never =
            std::all_of(row.rates.begin(), row.rates.end(), [](const auto& rate) { return rate.value == 0; });
        if (!row.is_category && never) continue;
        rows.push_back({row.is_category ? "all of " + row.name : row.name});
        for (const Estimate& rate : row.rates) rows.back().push_back(fixed(100 * rate.value, 2));
        rows.back().push_back(fixed(100 * row.gap, 2));
      }
      print("\n");
      print_table(rows);
    }
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_bias() {
  return std::make_unique<EvalBias>();
}

}  // namespace clipkit::cli
