#include "data/sets/named_files.h"

#include "base/check.h"
#include "base/json.h"
#include "base/quote.h"
#include "clipkit/prompts.h"
#include "data/sets/text_lists.h"

namespace clipkit {

namespace {

std::string label_of(std::string_view line, std::string_view path, LineLabel label) {
  switch (label) {
    case LineLabel::kFolder:
      return std::string(path.substr(0, path.find_last_of('/') + 1 == 0 ? 0 : path.find_last_of('/')));
    case LineLabel::kStem:
      return std::string(path.substr(0, path.find_last_of('_')));
    case LineLabel::kRest: {
      const size_t space = line.find(' ');
      return space == std::string_view::npos ? "" : std::string(line.substr(space + 1));
    }
  }
  return {};
}

}  // namespace

std::vector<NamedFile> list_lines(const std::filesystem::path& list, std::string_view picture, LineLabel label) {
  std::vector<NamedFile> files;
  for (const std::string& line : read_lines(list)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty() || words[0].front() == '#') continue;
    std::string_view path = words[0];
    if (path.starts_with('/')) path.remove_prefix(1);
    files.push_back({fill_template(picture, path), label_of(line, path, label)});
  }
  return files;
}

std::vector<NamedFile> list_csv(const std::filesystem::path& csv, std::string_view path, std::string_view label,
                                std::string_view picture) {
  const CsvTable table = read_csv(csv);
  const size_t path_column = table.find({path}), label_column = table.find({label});
  if (path_column == CsvTable::kNoColumn || label_column == CsvTable::kNoColumn) {
    fail(ErrorCode::kCorrupt, csv.string(), ": expected columns ", quote(path), " and ", quote(label));
  }
  std::vector<NamedFile> files;
  for (const auto& row : table.rows) {
    const std::vector<std::string_view> words = words_of(row[label_column]);
    files.push_back({fill_template(picture, row[path_column]), words.empty() ? "" : std::string(words[0])});
  }
  return files;
}

std::vector<NamedFile> list_json_lines(const std::filesystem::path& file, const std::string& path,
                                       const std::string& label) {
  std::vector<NamedFile> files;
  for (const std::string& line : read_lines(file)) {
    const std::string place = concat(file.string(), ", record ", files.size() + 1);
    const Json json = parse_json(line, place);
    const auto picture = json.is_object() ? json.find(path) : json.end();
    if (picture == json.end() || !picture->is_string()) {
      fail(ErrorCode::kCorrupt, place, ": expected a string ", quote(path));
    }
    const auto value = json.find(label);
    if (value == json.end() || !(value->is_string() || value->is_number_integer())) {
      fail(ErrorCode::kCorrupt, place, ": expected a string or whole number ", quote(label));
    }
    files.push_back({*picture, value->is_string() ? value->get<std::string>() : concat(value->get<int64_t>())});
  }
  return files;
}

}  // namespace clipkit
