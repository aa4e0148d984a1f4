#include "data/labelled_set.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "data/sets/layout.h"
#include "data/sets/own_set.h"
#include "data/sets/registry.h"

namespace clipkit {

namespace {

void add_note(LabelledSet& set, const std::string& sentence) {
  set.note += concat(set.note.empty() ? "" : " ", sentence);
}

// Labels that no class has: the set and its class names do not belong together. Classes without a picture are said.
void check_labels(LabelledSet& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (int64_t i = 0; i < set.reader->size(); ++i) {
    const PictureLabels labels = set.reader->labels(i);
    for (const auto* some : {&labels.present, &labels.ignored}) {
      for (const int32_t label : *some) {
        if (label < 0 || static_cast<size_t>(label) >= counts.size()) {
          fail(ErrorCode::kCorrupt, set.path, ", split ", set.split, ": picture ", i, " has label ", label, " of ",
               counts.size(), " classes");
        }
        counts[static_cast<size_t>(label)] += some == &labels.present ? 1 : 0;
      }
    }
  }
  if (set.reader->size() == 0) {
    const std::string problems = set.reader->problems().summary();
    fail(ErrorCode::kNotFound, set.path, ", split ", set.split, ": there is no labelled picture in it",
         problems.empty() ? "" : ": ", problems);
  }
  constexpr size_t kNamesShown = 5;
  size_t num_empty = 0;
  std::string names;
  for (size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] > 0) continue;
    if (num_empty++ < kNamesShown) names += concat(num_empty == 1 ? "" : ", ", set.classes[c][0]);
  }
  if (num_empty == 0) return;
  add_note(set, concat(num_empty, " of ", counts.size(), " classes have no picture in this split: ", names,
                       num_empty > kNamesShown ? ", ..." : "", "."));
}

// The splits of a registered set that are there, as folds.
std::vector<Fold> folds_of(const RegisteredSet& registered, const std::vector<std::string>& splits) {
  const auto if_there = [&](const std::string& split) {
    return std::find(splits.begin(), splits.end(), split) != splits.end() ? split : "";
  };
  std::vector<Fold> folds;
  for (const Fold& fold : registered.folds) {
    if (if_there(fold.test).empty()) continue;
    folds.push_back({if_there(fold.train), if_there(fold.validation), fold.test});
  }
  if (folds.empty()) folds.push_back({if_there("train"), if_there("val"), if_there("test")});
  if (folds[0].test.empty()) folds[0].test = splits.front();
  return folds;
}

LabelledSet open_registered(const RegisteredSet& registered, const std::string& path, std::string_view split) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) fail(ErrorCode::kNotFound, path, ": no such folder");
  const std::optional<FoundLayout> found = find_layout(registered, path);
  if (!found) {
    fail(ErrorCode::kNotFound, path, ": ", registered.title, " is not in it, expected ", describe_layouts(registered),
         registered.note.empty() ? "" : ". ", registered.note);
  }
  LabelledSet set{.key = registered.key,
                  .title = registered.title,
                  .path = found->root.string(),
                  .split = {},
                  .metric = registered.metric,
                  .splits = found->splits,
                  .folds = folds_of(registered, found->splits),
                  .note = found->layout != nullptr ? registered.note : registered.tar_note};
  choose_split(set, split);
  OpenedSplit opened = open_split(registered, *found, set.split);
  set.classes = opened.classes.empty() ? registered.classes() : std::move(opened.classes);
  set.templates = opened.templates.empty() ? registered.templates() : std::move(opened.templates);
  set.reader = std::move(opened.reader);
  const int64_t published = published_size(*found, set.split);
  if (published > 0 && published != set.reader->size()) {
    add_note(set, concat(set.reader->size(), " pictures, the published split has ", published, "."));
  }
  return set;
}

}  // namespace

Image decode_picture(LabelledPicture picture) {
  if (picture.file.empty() && picture.image.width > 0) return std::move(picture.image);
  return decode_image(std::as_bytes(std::span(picture.file)), picture.name);
}

const char* to_string(EvalMetric metric) noexcept {
  switch (metric) {
    case EvalMetric::kAccuracy:
      return "accuracy";
    case EvalMetric::kMeanPerClass:
      return "mean_per_class";
    case EvalMetric::kMap11:
      return "map11";
    case EvalMetric::kRocAuc:
      return "roc_auc";
    case EvalMetric::kMeanTop1Top5:
      return "mean_top1_top5";
  }
  return "unknown";
}

LabelledSet open_labelled_set(std::string_view spec, std::string_view split) {
  const size_t colon = spec.find(':');
  const std::string_view key = spec.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool is_own = key == "folder" || key == "tar" || key == "csv";
  const RegisteredSet* registered = is_own || key.empty() ? nullptr : find_registered_set(key);
  std::error_code ignored;
  // A name that no set has, and not a path with a colon in it.
  if (registered == nullptr && !is_own && !key.empty() && !std::filesystem::exists(spec, ignored)) {
    registered = &registered_set(key);
  }
  const std::string_view path = registered != nullptr || is_own ? spec.substr(colon + 1) : spec;
  LabelledSet set =
      registered != nullptr ? open_registered(*registered, std::string(path), split) : open_own_set(path, split);
  check_labels(set);
  return set;
}

}  // namespace clipkit
