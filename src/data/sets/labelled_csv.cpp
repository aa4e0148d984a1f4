#include "data/sets/labelled_csv.h"

#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

// A label as its class, where classes.txt says what the classes are.
int32_t find_class(const std::vector<std::string>& classes, const std::string& label, const std::string& place) {
  const auto found = std::find(classes.begin(), classes.end(), label);
  if (found != classes.end()) return static_cast<int32_t>(found - classes.begin());
  if (is_number(label) && std::stoul(label) < classes.size()) return static_cast<int32_t>(std::stoul(label));
  fail(ErrorCode::kCorrupt, place, ": label ", quote(label), " of ", classes.size(), " classes (classes.txt)");
}

}  // namespace

LabelledCsv read_labelled_csv(const std::filesystem::path& path) {
  const CsvTable table = read_csv(path);
  const size_t picture = table.find({"filepath", "path", "image", "filename"});
  const size_t label = table.find({"label", "class"}), split = table.find({"split"});
  if (picture == CsvTable::kNoColumn || label == CsvTable::kNoColumn) {
    std::string columns;
    for (const std::string& name : table.header) columns += concat(columns.empty() ? "" : ", ", quote(name));
    fail(ErrorCode::kCorrupt, path.string(), ": expected a column filepath, path, image or filename and a column ",
         "label or class, there are ", columns);
  }
  LabelledCsv csv;
  const std::filesystem::path class_file = path.parent_path() / "classes.txt";
  const bool is_listed = std::filesystem::exists(class_file);
  if (is_listed) {
    csv.classes = read_lines(class_file);
  } else {
    for (const auto& row : table.rows) csv.classes.push_back(row[label]);
    // Numbers as numbers: 10 after 9.
    std::sort(csv.classes.begin(), csv.classes.end(), [](const std::string& a, const std::string& b) {
      return is_number(a) && is_number(b) ? std::stoul(a) < std::stoul(b) : a < b;
    });
    csv.classes.erase(std::unique(csv.classes.begin(), csv.classes.end()), csv.classes.end());
  }
  std::map<std::string, int32_t> known;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    const auto [entry, is_new] = known.try_emplace(row[label], 0);
    if (is_new) entry->second = find_class(csv.classes, row[label], concat(path.string(), ", row ", i + 1));
    csv.splits[split == CsvTable::kNoColumn ? "all" : row[split]].push_back({row[picture], {{entry->second}}});
  }
  return csv;
}

}  // namespace clipkit
