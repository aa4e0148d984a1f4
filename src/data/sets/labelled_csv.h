#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// A list of pictures and labels as a user writes it, see own_set.h.
struct LabelledCsv {
  std::vector<std::string> classes;
  std::map<std::string, std::vector<LabelledFile>> splits;  // "all" alone if there is no such column
};

// Errors: kNotFound, kIo, kCorrupt (no such columns; no label, or one that classes.txt does not have, by row).
LabelledCsv read_labelled_csv(const std::filesystem::path& path);

}  // namespace clipkit
