#include "eval/grouped_pictures.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "data/picture_names.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

// Objects as rows of a table whose columns are the members of the first one.
CsvTable read_json_lines(const std::filesystem::path& path) {
  CsvTable table;
  size_t number = 0;
  for (const std::string& line : read_lines(path)) {
    const std::string place = concat(path.string(), ", object ", ++number);
    const Json object = parse_json(line, place);
    if (!object.is_object()) fail(ErrorCode::kCorrupt, place, ": expected an object, found ", object.type_name());
    if (number == 1)
      for (const auto& member : object.items()) table.header.push_back(member.key());
    std::vector<std::string> row;
    for (const std::string& name : table.header) {
      const auto value = object.find(name);
      if (value == object.end()) fail(ErrorCode::kCorrupt, place, ": has no ", quote(name));
      row.push_back(value->is_string() ? value->get<std::string>() : value->is_null() ? "" : value->dump());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

GroupedPictures read_grouped_pictures(const std::filesystem::path& path, const std::vector<std::string>& wanted) {
  const std::string ending = lower_ascii(path.extension().string());
  const CsvTable table = ending == ".jsonl" || ending == ".ndjson" ? read_json_lines(path) : read_csv(path);
  const size_t file = table.find({"file", "filepath", "path", "image", "filename"});
  if (file == CsvTable::kNoColumn) {
    fail(ErrorCode::kCorrupt, path.string(), ": expected a column file, filepath, path, image or filename, there are ",
         quote_all(table.header));
  }
  GroupedPictures list;
  for (const auto& row : table.rows) list.files.push_back(row[file]);
  if (list.files.empty()) fail(ErrorCode::kCorrupt, path.string(), ": there is no picture in it");
  for (const std::string& name : wanted.empty() ? std::vector<std::string>{"age", "gender", "race"} : wanted) {
    const size_t column = table.find({name});
    if (column == CsvTable::kNoColumn && wanted.empty()) continue;
    if (column == CsvTable::kNoColumn)
      fail(ErrorCode::kCorrupt, path.string(), ": has no column ", quote(name), ", there are ",
           quote_all(table.header));
    std::vector<std::string> groups;
    for (const auto& row : table.rows) groups.push_back(row[column].empty() ? "(none)" : row[column]);
    const size_t different = std::set<std::string>(groups.begin(), groups.end()).size();
    if (different > kMaxGroups) {
      fail(ErrorCode::kCorrupt, path.string(), ": column ", quote(name), " has ", different,
           " different values, expected ", kMaxGroups, " groups at most");
    }
    list.columns.push_back(name);
    list.groups.push_back(std::move(groups));
  }
  if (list.columns.empty()) {
    fail(ErrorCode::kCorrupt, path.string(), ": none of its columns is age, gender or race; there are ",
         quote_all(table.header));
  }
  return list;
}

}  // namespace clipkit
