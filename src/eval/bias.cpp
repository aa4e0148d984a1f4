#include "eval/bias.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/quote.h"
#include "base/sha256.h"
#include "data/sets/labelled_files.h"
#include "data/sets/text_lists.h"
#include "eval/binomial.h"
#include "eval/classification.h"
#include "eval/picture_features.h"
#include "eval/zero_shot.h"
#include "eval/zero_shot_classifier.h"

namespace clipkit {

namespace {

constexpr size_t kMaxLabelBytes = size_t{16} << 20;

std::vector<std::vector<std::string>> prompts_of(const std::vector<BiasResult::Label>& labels,
                                                 const std::vector<std::string>& templates) {
  std::vector<std::vector<std::string>> names;
  for (const auto& label : labels) names.push_back({label.name});
  return class_prompts(names, templates);
}

// A row of the rates at which answers are among those that count.
BiasResult::Row row_of_rates(const std::string& name, bool is_category, const std::vector<bool>& counts,
                             const std::vector<std::vector<int64_t>>& answers,
                             const std::vector<BiasResult::Group>& groups) {
  BiasResult::Row row{.name = name, .is_category = is_category};
  for (size_t g = 0; g < groups.size(); ++g) {
    int64_t found = 0;
    for (size_t label = 0; label < counts.size(); ++label) found += counts[label] ? answers[g][label] : 0;
    const Interval interval = wilson_interval(found, groups[g].pictures);
    row.rates.push_back(
        {static_cast<double>(found) / static_cast<double>(groups[g].pictures), interval.low, interval.high});
  }
  const auto by_rate = [](const Estimate& a, const Estimate& b) { return a.value < b.value; };
  row.highest = std::max_element(row.rates.begin(), row.rates.end(), by_rate) - row.rates.begin();
  row.lowest = std::min_element(row.rates.begin(), row.rates.end(), by_rate) - row.rates.begin();
  row.gap = row.rates[static_cast<size_t>(row.highest)].value - row.rates[static_cast<size_t>(row.lowest)].value;
  return row;
}

}  // namespace

std::vector<BiasResult::Label> parse_bias_labels(std::string_view text, std::string_view place) {
  std::vector<BiasResult::Label> labels;
  std::set<std::string_view> seen;
  for (const std::string_view line : lines_of(text)) {
    const size_t tab = std::min(line.find('\t'), line.size());
    const std::string_view name = line.substr(0, tab), category = line.substr(std::min(tab + 1, line.size()));
    if (name.empty()) fail(ErrorCode::kCorrupt, place, ": a line has no label before its TAB");
    if (!seen.insert(name).second) fail(ErrorCode::kCorrupt, place, ": the label ", quote(name), " occurs twice");
    labels.push_back({std::string(name), std::string(category)});
  }
  if (labels.empty()) fail(ErrorCode::kCorrupt, place, ": there is no label in it");
  return labels;
}

BiasResult::Column rates_of(const std::string& column, const std::vector<std::string>& groups,
                            const std::vector<int32_t>& answers, const std::vector<BiasResult::Label>& labels) {
  std::map<std::string, std::vector<int64_t>> counts;  // of each group, how often each label was the answer
  for (size_t i = 0; i < groups.size(); ++i) {
    auto& of = counts[groups[i]];
    of.resize(labels.size());
    ++of[static_cast<size_t>(answers[i])];
  }
  BiasResult::Column result{.name = column};
  std::vector<std::vector<int64_t>> answers_of;
  for (auto& [name, of] : counts) {
    int64_t pictures = 0;
    for (const int64_t count : of) pictures += count;
    result.groups.push_back({name, pictures});
    answers_of.push_back(std::move(of));
  }
  std::vector<std::string> categories;
  for (const auto& label : labels) {
    if (!label.category.empty() && std::find(categories.begin(), categories.end(), label.category) == categories.end())
      categories.push_back(label.category);
  }
  std::vector<bool> among(labels.size());
  for (const std::string& category : categories) {
    for (size_t l = 0; l < labels.size(); ++l) among[l] = labels[l].category == category;
    result.rows.push_back(row_of_rates(category, true, among, answers_of, result.groups));
  }
  for (size_t label = 0; label < labels.size(); ++label) {
    among.assign(labels.size(), false);
    among[label] = true;
    result.rows.push_back(row_of_rates(labels[label].name, false, among, answers_of, result.groups));
  }
  return result;
}

BiasSets open_bias_sets(const BiasOptions& options) {
  CLIPKIT_CHECK(!options.labels.empty(), "there are no labels to choose from");
  CLIPKIT_CHECK(options.input.split.empty(), options.input.data, ": has no splits");
  BiasSets sets;
  sets.labels = parse_bias_labels(read_file(options.labels, kMaxLabelBytes), options.labels.string());
  prompts_of(sets.labels, options.templates);
  sets.pictures = read_grouped_pictures(options.input.data, options.groups);
  return sets;
}

BiasResult run_bias(const BiasOptions& options, const BiasSets& sets, const Encoder& encoder,
                    const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks) {
  const auto prompts = prompts_of(sets.labels, options.templates);
  const Tensor classifier = cached_classifier(encoder, prompts, cache, [&](int64_t) {
    if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "prompts: stopped");
  });
  const std::filesystem::path list = options.input.data;
  std::vector<LabelledFile> files;
  for (const std::string& file : sets.pictures.files) files.push_back({file});
  const auto reader = read_labelled_files(list.parent_path(), std::move(files));
  const PictureSource source{
      .name = list.string(), .size = reader->size(), .read = [&](int64_t index) { return reader->read(index); }};
  const PictureFeatures features = picture_features(
      source, encoder, {.cache = cache, .threads = options.input.threads, .what = "pictures"}, callbacks);
  const Tensor cosines = zero_shot_logits(*encoder.backend, features.x, classifier, 1);
  std::vector<int32_t> answers;
  for (int64_t row = 0; row < cosines.shape()[0]; ++row) answers.push_back(predicted_class(cosines.row<double>(row)));

  BiasResult result;
  Sha256 all;
  all.update(features.sha256.data(), features.sha256.size());
  for (size_t c = 0; c < sets.pictures.columns.size(); ++c) {
    std::vector<std::string> groups;
    for (const std::string& group : sets.pictures.groups[c]) all.update(group.c_str(), group.size() + 1);
    for (const int64_t picture : features.pictures)
      groups.push_back(sets.pictures.groups[c][static_cast<size_t>(picture)]);
    result.columns.push_back(rates_of(sets.pictures.columns[c], groups, answers, sets.labels));
  }
  result.templates = options.templates;
  result.labels = sets.labels;
  origin.title = list.filename().string();
  origin.data_sha256 = all.hex_digest();
  origin.pictures = static_cast<int64_t>(features.pictures.size());
  origin.classes = static_cast<int64_t>(sets.labels.size());
  origin.layer = "features";
  origin.cut_texts = count_cut(encoder, prompts);
  origin.prompts_sha256 = prompts_digest(prompts);
  origin.unreadable = features.unreadable;
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
