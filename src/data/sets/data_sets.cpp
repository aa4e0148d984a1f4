#include "clipkit/data_sets.h"

#include <algorithm>

#include "base/check.h"
#include "data/folder_files.h"
#include "data/sets/layout.h"
#include "text/near_names.h"

namespace clipkit {

namespace {

// Whether a folder is called like the set.
bool is_named_after(const std::string& folder, const RegisteredSet& set) {
  std::string plain = plain_name(folder);
  for (const std::string_view prefix : {"wds", "vtab"}) {
    if (plain.starts_with(prefix)) plain.erase(0, prefix.size());
  }
  const auto matches = [&](const std::string& name) { return plain_name(name) == plain; };
  return matches(set.key) || std::any_of(set.aliases.begin(), set.aliases.end(), matches);
}

void find(const RegisteredSet& set, const std::filesystem::path& root, const std::vector<std::string>& folders,
          DataSetInfo& info) {
  std::vector<std::filesystem::path> candidates;
  for (const std::string& folder : folders) {
    if (is_named_after(folder, set)) candidates.push_back(root / folder);
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
  const std::vector<std::string> folders = root.empty() ? std::vector<std::string>() : folders_in(root);
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
