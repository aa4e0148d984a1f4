#include "data/sets/registry.h"

#include <algorithm>

#include "base/asset.h"
#include "base/check.h"
#include "base/quote.h"
#include "clipkit/prompts.h"
#include "text/near_names.h"

CLIPKIT_DECLARE_ASSET(data_sets);

namespace clipkit {

namespace {

const Json& asset() {
  static const Json json = parse_json(CLIPKIT_ASSET(data_sets), "assets/data_sets.json");
  return json;
}

EvalMetric metric_named(const std::string& name) {
  for (const EvalMetric metric : {EvalMetric::kAccuracy, EvalMetric::kMeanPerClass, EvalMetric::kMap11,
                                  EvalMetric::kRocAuc, EvalMetric::kMeanTop1Top5}) {
    if (name == to_string(metric)) return metric;
  }
  fail(ErrorCode::kCorrupt, "assets/data_sets.json: no metric ", quote(name));
}

RegisteredSet parse(const Json& entry) {
  RegisteredSet set{.key = entry.at("key"),
                    .title = entry.at("title"),
                    .aliases = entry.at("aliases"),
                    .metric = metric_named(entry.at("metric")),
                    .home = entry.at("home"),
                    .note = entry.value("note", ""),
                    .tar_note = entry.value("tar_note", ""),
                    .shift_of = entry.value("shift_of", ""),
                    .folders = entry.at("folders"),
                    .folds = {},
                    .entry = &entry};
  if (entry.contains("paper")) {
    set.paper_train = entry["paper"].at("train");
    set.paper_test = entry["paper"].at("test");
  }
  for (const Json& fold : entry.value("folds", Json::array())) {
    set.folds.push_back(
        {.train = fold.value("train", ""), .validation = fold.value("val", ""), .test = fold.at("test")});
  }
  return set;
}

}  // namespace

std::vector<std::vector<std::string>> RegisteredSet::classes() const {
  if (entry->contains("prompts")) return class_synonyms(entry->at("prompts").get<std::string>());
  std::vector<std::vector<std::string>> classes;
  for (const Json& name : entry->at("classes")) classes.push_back({name.get<std::string>()});
  return classes;
}

std::vector<std::vector<std::string>> RegisteredSet::tar_classes() const {
  return entry->contains("tar_prompts") ? class_synonyms(entry->at("tar_prompts").get<std::string>()) : classes();
}

std::vector<std::string> RegisteredSet::templates() const {
  if (entry->contains("templates")) return entry->at("templates");
  return prompt_templates(entry->at("prompts").get<std::string>());
}

const std::vector<RegisteredSet>& registered_sets() {
  static const std::vector<RegisteredSet> sets = [] {
    std::vector<RegisteredSet> all;
    for (const Json& entry : asset().at("sets")) all.push_back(parse(entry));
    return all;
  }();
  return sets;
}

const RegisteredSet* find_registered_set(std::string_view name) {
  std::string plain = plain_name(name);
  for (const std::string_view prefix : {"wds", "vtab", "tfds"}) {
    if (!plain.starts_with(prefix)) continue;
    plain.erase(0, prefix.size());
    if (plain.starts_with('/')) plain.erase(0, 1);
  }
  for (const RegisteredSet& set : registered_sets()) {
    const auto matches = [&](const std::string& other) { return plain_name(other) == plain; };
    if (matches(set.key) || std::any_of(set.aliases.begin(), set.aliases.end(), matches)) return &set;
  }
  return nullptr;
}

const RegisteredSet& registered_set(std::string_view name) {
  if (const RegisteredSet* set = find_registered_set(name)) return *set;
  std::vector<std::string> keys;
  for (const RegisteredSet& set : registered_sets()) keys.push_back(set.key);
  fail(ErrorCode::kNotFound, "there is no data set named ", quote(name), "; near it: ", near_names(name, keys),
       "; clipkit data sets lists them all");
}

const std::vector<std::string>& imagenet_wordnet_ids() {
  static const std::vector<std::string> ids = asset().at("wordnet_ids");
  return ids;
}

}  // namespace clipkit
