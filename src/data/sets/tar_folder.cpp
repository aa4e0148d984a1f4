#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/picture_names.h"
#include "data/sets/labelled_tar.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

std::vector<std::string> lines_if_there(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  std::vector<std::string> lines;
  for (const std::string& line : read_lines(path)) {
    const size_t begin = line.find_first_not_of(" \t"), end = line.find_last_not_of(" \t");
    if (begin != std::string::npos) lines.push_back(line.substr(begin, end - begin + 1));
  }
  return lines;
}

// Shards by number: 10.tar after 9.tar.
bool is_shard_before(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<std::string> tar_files_in(const std::filesystem::path& folder) {
  std::vector<std::string> found = files_in(folder, "tar");
  std::sort(found.begin(), found.end(), is_shard_before);
  return found;
}

std::vector<std::string> shards_of(const std::filesystem::path& folder) {
  constexpr int64_t kMaxShards = 100000;
  const std::filesystem::path counted = folder / "nshards.txt";
  std::vector<std::string> found = tar_files_in(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(counted, ignored)) return found;
  const std::vector<std::string> lines = lines_if_there(counted);
  const int64_t count = lines.size() == 1 ? parse_integer(lines[0], counted.string()) : -1;
  if (count < 0 || count > kMaxShards) fail(ErrorCode::kCorrupt, counted.string(), ": expected one number of shards");
  std::vector<std::string> shards;
  for (int64_t i = 0; i < count; ++i) {
    shards.push_back((folder / concat(i, ".tar")).string());
    if (std::find(found.begin(), found.end(), shards.back()) == found.end()) {
      fail(ErrorCode::kNotFound, shards.back(), ": missing; ", counted.string(), " counts ", count, " shards, ",
           found.size(), " are there");
    }
  }
  return shards;
}

// "train", "val" or "test" if a shard's name has it as a word, the first of them.
std::string split_of_shard(const std::string& path) {
  constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyz";
  const std::string name = lower_ascii(std::filesystem::path(path).stem().native());
  for (size_t begin = 0; (begin = name.find_first_of(kLetters, begin)) != std::string::npos;) {
    const size_t end = std::min(name.find_first_not_of(kLetters, begin), name.size());
    std::string word = name.substr(begin, end - begin);
    if (word == "train" || word == "val" || word == "test") return word;
    begin = end;
  }
  return "all";
}

}  // namespace

TarFolder find_tar_folder(const std::filesystem::path& folder) {
  TarFolder found;
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return found;
  for (std::string& shard : tar_files_in(folder)) {
    std::vector<std::string>& shards = found.splits[split_of_shard(shard)];
    shards.push_back(std::move(shard));
  }
  for (const std::string& name : folders_in(folder)) {
    std::vector<std::string> shards = shards_of(folder / name);
    if (!shards.empty()) found.splits[name] = std::move(shards);
  }
  if (found.splits.empty()) return found;
  const std::vector<std::string> type = lines_if_there(folder / "dataset_type.txt");
  if (!type.empty() && type[0] != "classification") {
    fail(ErrorCode::kUnsupported, folder.string(), ": dataset_type.txt says ", quote(type[0]),
         ", expected a set with one class for each picture");
  }
  found.classes = lines_if_there(folder / "classnames.txt");
  if (found.classes.empty()) found.classes = lines_if_there(folder / "classes.txt");
  const std::filesystem::path templates = folder / "zeroshot_classification_templates.txt";
  for (std::string line : lines_if_there(templates)) {
    for (size_t hole; (hole = line.find("{c}")) != std::string::npos;) line.replace(hole, 3, "{}");
    if (line.find("{}") == std::string::npos) {
      fail(ErrorCode::kCorrupt, templates.string(), ": the template ", quote(line), " has no {c} for the label");
    }
    found.templates.push_back(std::move(line));
  }
  return found;
}

}  // namespace clipkit
