#include "data/sets/text_lists.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/quote.h"
#include "data/csv.h"
#include "data/input_file.h"

namespace clipkit {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kSpaces = " \t\r";
  std::vector<std::string_view> words;
  for (size_t begin = line.find_first_not_of(kSpaces); begin != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kSpaces, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kSpaces, end);
  }
  return words;
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const std::string text = read_whole_file(path, kMaxListBytes);
  const std::vector<std::string_view> lines = lines_of(text);
  return {lines.begin(), lines.end()};
}

int64_t parse_integer(std::string_view text, std::string_view place) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(ErrorCode::kCorrupt, place, ": ", quote(text), " is no whole number");
  }
  return value;
}

size_t CsvTable::find(std::initializer_list<std::string_view> names) const noexcept {
  for (size_t i = 0; i < header.size(); ++i) {
    if (std::find(names.begin(), names.end(), header[i]) != names.end()) return i;
  }
  return kNoColumn;
}

CsvTable read_csv(const std::filesystem::path& path, char separator) {
  const std::string text = read_whole_file(path, kMaxListBytes);
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  if (separator == 0) {
    const std::string_view first = rest.substr(0, rest.find('\n'));
    separator = first.find('\t') != std::string_view::npos  ? '\t'
                : first.find(';') != std::string_view::npos ? ';'
                                                            : ',';
  }
  CsvTable table;
  std::vector<std::string> fields;
  while (!rest.empty()) {
    const CsvRecord record = read_csv_record(rest, separator, fields);
    if (!record.closed) {
      fail(ErrorCode::kCorrupt, path.string(), ", byte ", text.size() - rest.size(), ": a quote that is never closed");
    }
    const bool is_blank = fields.size() == 1 && fields[0].empty();
    if (table.header.empty() && !is_blank) {
      table.header = fields;
    } else if (!is_blank) {
      if (fields.size() != table.header.size()) {
        fail(ErrorCode::kCorrupt, path.string(), ", row ", table.rows.size() + 1, ": ", fields.size(),
             " fields, the header has ", table.header.size());
      }
      table.rows.push_back(fields);
    }
    rest.remove_prefix(record.bytes);
  }
  if (table.header.empty()) fail(ErrorCode::kCorrupt, path.string(), ": empty, expected a header");
  return table;
}

}  // namespace clipkit
