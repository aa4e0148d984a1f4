#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

inline constexpr int64_t kMaxListBytes = int64_t{1} << 30;

// A text in lines, without their ends ("\n" or "\r\n") and without empty ones; the views point into it.
std::vector<std::string_view> lines_of(std::string_view text);
// A line in words: what spaces and TABs keep apart.
std::vector<std::string_view> words_of(std::string_view line);

// The lines of a file. Errors: as read_whole_file.
std::vector<std::string> read_lines(const std::filesystem::path& path);

// A whole number in decimal digits, perhaps with a minus. Errors: kCorrupt, place first.
int64_t parse_integer(std::string_view text, std::string_view place);

// A CSV file (see csv.h), all of it. A byte order mark is passed over.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // each as long as the header

  static constexpr size_t kNoColumn = static_cast<size_t>(-1);
  // Position of the first column that bears one of the names; kNoColumn if there is none.
  size_t find(std::initializer_list<std::string_view> names) const noexcept;
};
// separator 0: TAB where the header has one, then ';', else a comma. Errors: as read_whole_file; kCorrupt (no header,
// an open quote, a row of another length).
CsvTable read_csv(const std::filesystem::path& path, char separator = 0);

}  // namespace clipkit
