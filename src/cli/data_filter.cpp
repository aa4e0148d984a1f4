#include <algorithm>

#include "clipkit/curate.h"

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"

namespace clipkit::cli {

namespace {

class DataFilter : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void add_rules(std::vector<Option>& options);
  void add_model_rules(std::vector<Option>& options);
  void print_summary(const FilterSummary& summary) const;

  DataOptions data_;
  ShardOptions shards_;
  FilterOptions o_;
  std::string features_;
  bool json_ = false;
};

// A cosine, or a difference of two.
Option cosine(const std::string& name, std::optional<double>* target, std::string help) {
  return real(name, "X", target, -1, std::move(help));
}

Manual DataFilter::manual() {
  Manual manual{
      .name = "data filter",
      .arguments = "PAIRS...",
      .summary =
          "Write the image-text pairs that pass some rules into shards, and say what was dropped and why.\n"
          "Captions that do not pass are left out, and the pair where none is left. dropped.jsonl has a line for each "
          "pair and\n"
          "caption with the rule and the value that decided. Pairs that cannot be read are dropped always.",
      .argument_help = {{"PAIRS", kPairsHelp}},
      .options = {},
      .examples = {"clipkit data filter --min-size 64 --min-words 2 --drop-duplicates --output kept pairs.csv",
                   "clipkit data filter --model ViT-B/32 --min-similarity 0.25 --near-duplicates 0.97 --output kept "
                   "'shards/{000000..000099}.tar'"},
  };
  shards_.add_to(manual.options);
  manual.options.push_back(flag("--json", &json_, "the summary as one JSON object on stdout"));
  data_.add_to(manual.options);
  const auto in_group = [&](const char* group, void (DataFilter::*add)(std::vector<Option>&)) {
    const size_t first = manual.options.size();
    (this->*add)(manual.options);
    for (size_t i = first; i < manual.options.size(); ++i) manual.options[i].group = group;
  };
  in_group("rules", &DataFilter::add_rules);
  in_group("rules that ask a model", &DataFilter::add_model_rules);
  return manual;
}

void DataFilter::add_rules(std::vector<Option>& options) {
  options.push_back(
      whole("--min-size", "N", &o_.min_size, 0, "of a picture's shorter side").with_unit("px").with_default("any"));
  options.push_back(
      real("--max-aspect", "X", &o_.max_aspect, 1, "longer side / shorter side of a picture").with_default("any"));
  options.push_back(
      flag("--drop-duplicates", &o_.drop_duplicates, "keep one of pictures with the same bytes, the first"));
  options.push_back(whole("--min-words", "N", &o_.min_words, 0, "of a caption").with_default("any"));
  options.push_back(whole("--max-words", "N", &o_.max_words, 1, "of a caption").with_default("any"));
  options.push_back(text("--caption-regex", "REGEX", &o_.caption_regex,
                         "keep captions in which it is found (RE2's syntax; (?i) for any case)"));
  options.push_back(text("--drop-caption-regex", "REGEX", &o_.drop_caption_regex, "drop those in which it is found"));
}

void DataFilter::add_model_rules(std::vector<Option>& options) {
  const std::vector<std::pair<std::string, Precision>> precisions = {
      {"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}};
  options.push_back(text("--model", "FILE", &o_.model, "checkpoint: .safetensors, .pt or folder, or a pulled name"));
  options.push_back(cosine("--min-similarity", &o_.min_similarity, "cosine of picture and caption"));
  options.push_back(
      cosine("--near-duplicates", &o_.near_duplicates, "drop pictures whose cosine to one that is kept is X or more"));
  options.push_back(
      texts("--drop-concept", "TEXT", &o_.drop_concepts,
            "drop pictures that are nearer to this text than to each of their captions; may be repeated"));
  options.push_back(
      real("--concept-margin", "X", &o_.concept_margin, 0, "nearer by more than this difference of cosines"));
  options.push_back(cosine("--concept-similarity", &o_.concept_similarity,
                           "drop pictures whose cosine to a concept is X or more, whatever their captions"));
  options.push_back(text("--features", "FOLDER", &features_, "keep the features here, for a run with other limits")
                        .with_default("the output's folder, until it is done"));
  options.push_back(choice("--precision", precisions, &o_.precision, "operands of matrix products"));
  options.push_back(text("--device", "NAME", &o_.device, "where to compute"));
}

void DataFilter::print_summary(const FilterSummary& summary) const {
  if (json_) {
    JsonLine json;
    json.begin_object().member("pairs", summary.pairs).member("kept", summary.kept).key("dropped").begin_object();
    for (const FilterSummary::Rule& rule : summary.dropped) {
      json.key(rule.name).begin_object().member("pairs", rule.pairs).member("captions", rule.captions).end_object();
    }
    json.end_object().member("shards", summary.shards).member("bytes", summary.bytes);
    print(std::move(json.end_object()).line());
    return;
  }
  const auto part = [&](int64_t pairs) {
    return fixed(100 * static_cast<double>(pairs) / static_cast<double>(std::max<int64_t>(summary.pairs, 1)), 1) + " %";
  };
  std::vector<std::vector<std::string>> rows = {{"", "pairs", "", "captions of others"}};
  for (const FilterSummary::Rule& rule : summary.dropped) {
    rows.push_back({rule.name, std::to_string(rule.pairs), part(rule.pairs), std::to_string(rule.captions)});
  }
  rows.push_back({"kept", std::to_string(summary.kept), part(summary.kept), ""});
  rows.push_back({"of", std::to_string(summary.pairs), "", ""});
  print_table(rows);
}

int DataFilter::run(const Arguments& arguments) {
  o_.input = data_.input(arguments);
  o_.output = shards_.output();
  o_.features = features_;
  const bool asks = o_.min_similarity || o_.near_duplicates || !o_.drop_concepts.empty();
  if (asks && o_.model.empty()) throw UsageError("--min-similarity, --near-duplicates and --drop-concept need --model");
  if (!asks && !o_.model.empty()) throw UsageError("no rule asks --model anything");
  if (o_.drop_concepts.empty() && o_.concept_similarity)
    throw UsageError("--concept-similarity without --drop-concept");
  const InterruptGuard interrupt;
  PartProgress progress;
  const FilterSummary summary =
      resumable([&] { return filter_pairs(o_, progress.callbacks([] { return InterruptGuard::requested(); })); });
  print_summary(summary);
  message(std::to_string(summary.kept) + " pairs in " + std::to_string(summary.shards) + " shards, " +
          human_bytes(summary.bytes) + "; dropped.jsonl beside them names the others");
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_data_filter() {
  return std::make_unique<DataFilter>();
}

}  // namespace clipkit::cli
