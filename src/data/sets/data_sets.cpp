#include "clipkit/data_sets.h"

#include "base/check.h"
#include "data/folder_files.h"
#include "data/sets/layout.h"

namespace clipkit {

namespace {

struct NamedFolder {
  const RegisteredSet* set;  // that it is called like; null if it is not
  std::filesystem::path path;
};

void find(const RegisteredSet& set, const std::filesystem::path& root, const std::vector<NamedFolder>& folders,
          DataSetInfo& info) {
  std::vector<std::filesystem::path> candidates;
  for (const NamedFolder& folder : folders) {
    if (folder.set == &set) candidates.push_back(folder.path);
  }
  for (const std::string& folder : set.folders) {
    std::error_code ignored;
    if (std::filesystem::is_directory(root / folder, ignored)) candidates.push_back(root / folder);
  }
  for (const std::filesystem::path& candidate : candidates) {
    try {
      const std::optional<FoundLayout> found = find_layout(set, candidate);
      if (!found) continue;
      info.path = found->root.string();
      info.splits = found->splits;
      info.is_shards = found->layout == nullptr;
      info.problem = !info.is_shards && !info.missing_library.empty()
                         ? concat("clipkit was built without ", info.missing_library)
                         : "";
      return;
    } catch (const Error& error) {
      info.path = candidate.string();
      info.problem = error.what();
    }
  }
}

}  // namespace

std::vector<DataSetInfo> data_sets(const std::filesystem::path& root) {
  std::vector<NamedFolder> folders;
  for (const std::string& name : root.empty() ? std::vector<std::string>() : folders_in(root)) {
    folders.push_back({find_registered_set(name), root / name});
  }
  std::vector<DataSetInfo> all;
  for (const RegisteredSet& set : registered_sets()) {
    DataSetInfo info{
        .key = set.key,
        .title = set.title,
        .aliases = set.aliases,
        .classes = set.entry->at("layouts").at(0).value("subset", static_cast<int64_t>(set.classes().size())),
        .templates = static_cast<int64_t>(set.templates().size()),
        .metric = to_string(set.metric),
        .paper_train = set.paper_train,
        .paper_test = set.paper_test,
        .shift_of = set.shift_of,
        .home = set.home,
        .note = set.note,
        .expected = describe_layouts(set),
        .missing_library = missing_library(set),
        .path = {},
        .splits = {},
        .problem = {}};
    if (!root.empty()) find(set, root, folders, info);
    all.push_back(std::move(info));
  }
  return all;
}

std::string data_set_key(std::string_view name) {
  const RegisteredSet* set = find_registered_set(name);
  return set != nullptr ? set->key : "";
}

}  // namespace clipkit
