#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipkit {

// A list of pictures with what groups they belong to.
struct GroupedPictures {
  std::vector<std::string> files;                // relative to the list
  std::vector<std::string> columns;              // by which they are grouped
  std::vector<std::vector<std::string>> groups;  // of each column, that of each picture
};

// Reads a .csv or .tsv with a header, or a .jsonl with an object a line. The picture is in "file", "filepath", "path",
// "image" or "filename"; columns: the wanted ones, or those of "age", "gender" and "race" that are there (FairFace).
// Values that are empty or null become "(none)". Errors: as of reading a file; kCorrupt (no pictures, no such column,
// more than kMaxGroups groups in one, a line that is no object).
GroupedPictures read_grouped_pictures(const std::filesystem::path& path, const std::vector<std::string>& wanted);

inline constexpr size_t kMaxGroups = 200;

}  // namespace clipkit
