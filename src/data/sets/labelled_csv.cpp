#include "data/sets/labelled_csv.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/quote.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

// Numbers by their value, 10 after 9, and before all other labels: an order also where a list mixes them.
bool is_label_before(const std::string& a, const std::string& b) {
  if (is_number(a) != is_number(b)) return is_number(a);
  if (is_number(a) && std::stoul(a) != std::stoul(b)) return std::stoul(a) < std::stoul(b);
  return a < b;
}

}  // namespace

LabelledCsv read_labelled_csv(const std::filesystem::path& path) {
  const CsvTable table = read_csv(path);
  const size_t picture = table.find({"filepath", "path", "image", "filename"});
  const size_t label = table.find({"label", "class"}), split = table.find({"split"});
  if (picture == CsvTable::kNoColumn || label == CsvTable::kNoColumn) {
    fail(ErrorCode::kCorrupt, path.string(), ": expected a column filepath, path, image or filename and a column ",
         "label or class, there are ", quote_all(table.header));
  }
  LabelledCsv csv;
  const std::filesystem::path class_file = path.parent_path() / "classes.txt";
  std::error_code ignored;
  if (std::filesystem::exists(class_file, ignored)) {
    csv.classes = read_lines(class_file);
  } else {
    std::set<std::string> labels;
    for (const auto& row : table.rows) labels.insert(row[label]);
    csv.classes.assign(labels.begin(), labels.end());
    std::sort(csv.classes.begin(), csv.classes.end(), is_label_before);
  }
  std::map<std::string, int32_t> class_of;  // of each name
  for (size_t c = 0; c < csv.classes.size(); ++c) class_of.emplace(csv.classes[c], static_cast<int32_t>(c));
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    if (row[label].empty()) fail(ErrorCode::kCorrupt, path.string(), ", row ", i + 1, ": no label");
    const auto named = class_of.find(row[label]);
    const bool is_position =
        named == class_of.end() && is_number(row[label]) && std::stoul(row[label]) < csv.classes.size();
    if (named == class_of.end() && !is_position) {
      fail(ErrorCode::kCorrupt, path.string(), ", row ", i + 1, ": label ", quote(row[label]), " of ",
           csv.classes.size(), " classes (classes.txt)");
    }
    const int32_t number = is_position ? static_cast<int32_t>(std::stoul(row[label])) : named->second;
    csv.splits[split == CsvTable::kNoColumn ? "all" : row[split]].push_back({row[picture], {{number}}});
  }
  return csv;
}

}  // namespace clipkit
