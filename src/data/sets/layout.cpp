#include "data/sets/layout.h"

#include <algorithm>

#include "base/check.h"
#include "data/folder_files.h"
#include "data/sets/drawn_subset.h"
#include "data/sets/film.h"
#include "data/sets/labelled_tar.h"
#include "data/sets/published_reader.h"

namespace clipkit {

namespace {

// The members of a split that name files and folders; the others are numbers and words.
constexpr const char* kPathKeys[] = {"folder", "list", "file",        "files", "pictures",
                                     "labels", "only", "annotations", "folds"};

std::vector<std::string> paths_of(const Json& split) {
  std::vector<std::string> paths;
  for (const char* key : kPathKeys) {
    const auto value = split.find(key);
    if (value == split.end()) continue;
    if (value->is_string()) paths.push_back(*value);
    if (value->is_array()) paths.insert(paths.end(), value->begin(), value->end());
  }
  return paths;
}

std::vector<std::filesystem::path> roots_of(const RegisteredSet& set, const std::filesystem::path& path) {
  std::vector<std::filesystem::path> roots = {path};
  for (const std::string& folder : set.folders) roots.push_back(path / folder);
  return roots;
}

// Whether a folder that is there anyway is the one that has the folders of the classes, or most of them.
bool holds_classes(const RegisteredSet& set, const Json& layout, const std::filesystem::path& root) {
  const size_t num_classes = layout.value("subset", set.classes().size());
  return 2 * folders_in(root).size() > num_classes;
}

std::vector<std::string> splits_in(const Json& layout, const std::filesystem::path& root) {
  const bool may_be_packed = layout.value("reader", "") == "idx";
  const auto is_there = [&](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(may_be_packed ? plain_or_packed(root / path) : root / path, ignored);
  };
  std::vector<std::string> splits;
  for (const auto& [name, split] : layout.at("splits").items()) {
    const std::vector<std::string> paths = paths_of(split);
    if (!std::all_of(paths.begin(), paths.end(), is_there)) continue;
    // CLIP_benchmark's shards lie in folders called test, too.
    const bool has_classes = split.value("reader", layout.value("reader", "")) == "folders";
    if (has_classes && folders_in(root / split.at("folder").get<std::string>()).empty()) continue;
    splits.push_back(name);
  }
  return splits;
}

OpenedSplit open_tar_split(const RegisteredSet& set, const FoundLayout& found, const std::string& split) {
  TarFolder folder = find_tar_folder(found.root);
  OpenedSplit opened{.reader = read_labelled_tar(std::move(folder.splits.at(split))), .classes = {}};
  for (std::string& name : folder.classes) opened.classes.push_back({std::move(name)});
  if (opened.classes.empty()) opened.classes = set.tar_classes();
  opened.templates = std::move(folder.templates);
  return opened;
}

}  // namespace

std::optional<FoundLayout> find_layout(const RegisteredSet& set, const std::filesystem::path& path) {
  const std::string test = set.folds.empty() ? "test" : set.folds.front().test;
  std::optional<FoundLayout> best;
  for (const std::filesystem::path& root : roots_of(set, path)) {
    for (const Json& layout : set.entry->at("layouts")) {
      std::vector<std::string> splits = splits_in(layout, root);
      const bool has_test = std::find(splits.begin(), splits.end(), test) != splits.end();
      if (splits.empty() || (best && !has_test)) continue;
      if (layout.at("splits").begin()->value("folder", "") == "." && !holds_classes(set, layout, root)) continue;
      best = FoundLayout{root, &layout, std::move(splits)};
      if (has_test) return best;
    }
  }
  if (best) return best;
  TarFolder shards = find_tar_folder(path);
  if (shards.splits.empty()) return std::nullopt;
  FoundLayout found{path, nullptr, {}};
  for (const auto& [name, files] : shards.splits) found.splits.push_back(name);
  return found;
}

std::string describe_layouts(const RegisteredSet& set) {
  const Json& splits = set.entry->at("layouts").at(0).at("splits");
  const std::string test = set.folds.empty() ? "test" : set.folds.front().test;
  std::string text;
  for (const std::string& path : paths_of(splits.at(test))) {
    text += concat(text.empty() ? "" : " and ", path == "." ? "a folder for each class" : path);
  }
  text += " in it";
  for (const std::string& folder : set.folders) text += concat(" or in ", folder);
  return text + "; or test/0.tar";
}

int64_t published_size(const FoundLayout& found, const std::string& split) {
  return found.layout != nullptr ? found.layout->at("splits").at(split).value("size", int64_t{0}) : 0;
}

OpenedSplit open_split(const RegisteredSet& set, const FoundLayout& found, const std::string& split) {
  if (found.layout == nullptr) return open_tar_split(set, found, split);
  const Json& entry = found.layout->at("splits").at(split);
  OpenedSplit opened = published_reader(*found.layout, entry).open({set, found.root, *found.layout, entry});
  if (const auto draw = entry.find("draw"); draw != entry.end()) {
    opened.reader = draw_subset(std::move(opened.reader),
                                {.of_each_class = draw->at("of") == "class",
                                 .skip = draw->value("skip", int64_t{0}),
                                 .count = draw->value("count", int64_t{-1})},
                                concat(set.title, ", ", found.root.string()));
  }
  return opened;
}

std::string missing_library(const RegisteredSet& set) {
  const Json& layout = set.entry->at("layouts").at(0);
  for (const Json& split : layout.at("splits")) {
    const PublishedReader& reader = published_reader(layout, split);
    if (reader.is_there != nullptr && !reader.is_there()) return reader.library;
  }
  if (set.entry->value("films", false) && !can_read_films()) return "FFmpeg";
  return "";
}

}  // namespace clipkit
