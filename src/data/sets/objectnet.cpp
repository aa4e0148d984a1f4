#include "data/sets/objectnet.h"

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "data/picture_names.h"

namespace clipkit {

namespace {

Json read_table(const std::filesystem::path& path) {
  Json table = read_json(path);
  bool is_table = table.is_object();
  for (const Json& value : table) is_table = is_table && value.is_string();
  if (!is_table) fail(ErrorCode::kCorrupt, path.string(), ": expected an object of strings");
  return table;
}

}  // namespace

std::vector<ObjectNetClass> read_objectnet_classes(const std::filesystem::path& folder_to_label,
                                                   const std::filesystem::path& label_to_imagenet) {
  const Json folders = read_table(folder_to_label), overlap = read_table(label_to_imagenet);
  std::vector<ObjectNetClass> classes;
  for (const auto& [folder, label] : folders.items()) {
    const std::string name = label;
    if (overlap.contains(name)) classes.push_back({folder, {lower_ascii(name)}});
  }
  if (classes.size() != overlap.size()) {
    fail(ErrorCode::kCorrupt, label_to_imagenet.string(), ": ", overlap.size(), " classes, of which ", classes.size(),
         " have a folder in ", folder_to_label.string());
  }
  return classes;
}

}  // namespace clipkit
