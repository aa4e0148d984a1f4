#include "data/sets/own_set.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/picture_names.h"
#include "data/sets/class_folders.h"
#include "data/sets/labelled_csv.h"
#include "data/sets/labelled_tar.h"

namespace clipkit {

namespace {

constexpr const char *kEverything = "all", *kTrain = "train", *kValidation = "val", *kTest = "test";

// What a split is called here; empty if the name is none of a split.
std::string split_of(std::string_view name) {
  const std::string lower = lower_ascii(name);
  if (lower == "valid" || lower == "validation") return kValidation;
  return lower == kTrain || lower == kValidation || lower == kTest ? lower : "";
}

std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// What is there is scored in the order test, val, all; whatever is called train is for training.
std::vector<Fold> folds_of(const std::vector<std::string>& splits) {
  const auto if_there = [&](const char* split) {
    return std::find(splits.begin(), splits.end(), split) != splits.end() ? std::string(split) : std::string();
  };
  Fold fold{.train = if_there(kTrain), .validation = if_there(kValidation), .test = if_there(kTest)};
  if (fold.test.empty()) std::swap(fold.test, fold.validation);
  if (fold.test.empty()) fold.test = if_there(kEverything);
  if (fold.test.empty()) fold.test = splits.front();
  return {fold};
}

LabelledSet new_set(const char* key, const std::filesystem::path& path) {
  return {.key = key,
          .title = path.filename().empty() ? path.parent_path().filename().string() : path.filename().string(),
          .path = path.string(),
          .split = {},
          .templates = {"a photo of a {}."}};
}

LabelledSet open_folder(const std::filesystem::path& path, std::string_view split) {
  LabelledSet set = new_set("folder", path);
  std::vector<std::string> folders = folders_in(path);
  const bool is_split = !folders.empty() && std::all_of(folders.begin(), folders.end(),
                                                        [](const auto& name) { return !split_of(name).empty(); });
  std::vector<std::string> split_folders = is_split ? folders : std::vector<std::string>{"."};
  std::set<std::string> classes;
  for (const std::string& folder : split_folders) {
    std::string split_name = is_split ? split_of(folder) : kEverything;
    if (std::find(set.splits.begin(), set.splits.end(), split_name) != set.splits.end()) {
      fail(ErrorCode::kCorrupt, path.string(), ": several folders are the split ", split_name, ", one of them ",
           quote(folder));
    }
    set.splits.push_back(std::move(split_name));
    const std::vector<std::string> found = folders_in(path / folder);
    classes.insert(found.begin(), found.end());
  }
  if (classes.empty()) {
    fail(ErrorCode::kNotFound, path.string(),
         ": there is no class in it, expected a folder for each class of pictures");
  }
  set.folds = folds_of(set.splits);
  choose_split(set, split);
  const auto chosen = std::find(set.splits.begin(), set.splits.end(), set.split) - set.splits.begin();
  const std::filesystem::path folder = path / split_folders[static_cast<size_t>(chosen)];
  const std::vector<std::string> names(classes.begin(), classes.end());
  set.reader = read_labelled_files(folder, list_class_folders(folder, names));
  for (const std::string& name : names) set.classes.push_back({spoken(name)});
  return set;
}

LabelledSet open_csv(const std::filesystem::path& path, std::string_view split) {
  LabelledSet set = new_set("csv", path);
  LabelledCsv csv = read_labelled_csv(path);
  if (csv.splits.empty()) fail(ErrorCode::kNotFound, path.string(), ": there is no picture in it");
  for (const auto& [name, files] : csv.splits) set.splits.push_back(name);
  for (std::string& name : csv.classes) set.classes.push_back({std::move(name)});
  set.folds = folds_of(set.splits);
  choose_split(set, split);
  set.reader = read_labelled_files(path.parent_path(), std::move(csv.splits.at(set.split)));
  return set;
}

LabelledSet open_tar_folder(const std::filesystem::path& path, TarFolder folder, std::string_view split) {
  LabelledSet set = new_set("tar", path);
  if (folder.classes.empty()) {
    fail(ErrorCode::kNotFound, path.string(), ": shards without names of classes, expected classnames.txt beside them");
  }
  for (const auto& [name, shards] : folder.splits) set.splits.push_back(name);
  for (std::string& name : folder.classes) set.classes.push_back({std::move(name)});
  if (!folder.templates.empty()) set.templates = std::move(folder.templates);
  set.folds = folds_of(set.splits);
  choose_split(set, split);
  set.reader = read_labelled_tar(std::move(folder.splits.at(set.split)));
  return set;
}

}  // namespace

void choose_split(LabelledSet& set, std::string_view wanted) {
  set.split = wanted.empty() ? set.folds.front().test : std::string(wanted);
  if (std::find(set.splits.begin(), set.splits.end(), set.split) != set.splits.end()) return;
  std::string names;
  for (const std::string& name : set.splits) names += concat(names.empty() ? "" : ", ", name);
  fail(ErrorCode::kNotFound, set.path, ": there is no split ", quote(set.split), " in it, there ",
       set.splits.size() == 1 ? "is " : "are ", names);
}

LabelledSet open_own_set(const std::filesystem::path& path, std::string_view split) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) fail(ErrorCode::kNotFound, path.string(), ": no such file or folder");
  if (std::filesystem::is_directory(path, ignored)) {
    TarFolder tar = find_tar_folder(path);
    // An archive that was left beside the class folders makes no set of shards.
    const std::vector<std::string> folders = folders_in(path);
    const bool all_hold_shards = std::all_of(folders.begin(), folders.end(),
                                             [&](const std::string& folder) { return tar.splits.count(folder) > 0; });
    const bool is_tar = !tar.splits.empty() && (!tar.classes.empty() || all_hold_shards);
    return is_tar ? open_tar_folder(path, std::move(tar), split) : open_folder(path, split);
  }
  const std::string extension = extension_of(path.native());
  if (extension == "csv" || extension == "tsv") return open_csv(path, split);
  fail(ErrorCode::kUnsupported, path.string(), ": not a set of labelled pictures, expected a folder of class folders ",
       "or of tar shards, or ", "a .csv or .tsv file");
}

}  // namespace clipkit
