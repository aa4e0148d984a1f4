#pragma once

#include <filesystem>
#include <memory>

#include "data/pair_source.h"

namespace clipkit {

// Files that list pictures and captions, each record a sample; see PairOptions for columns and members. Paths are
// relative to the list. Records that name no picture file, have no caption or cannot be read are left out and counted
// in problems(). The list stays mapped; memory: 8 bytes a sample.
// Errors: kNotFound, kIo, kCorrupt (no such column).

// Comma or TAB separated, with a header line.
std::unique_ptr<PairSource> open_csv_pairs(const std::filesystem::path& path, const PairOptions& options);
// A JSON object on each line.
std::unique_ptr<PairSource> open_json_lines_pairs(const std::filesystem::path& path, const PairOptions& options);

}  // namespace clipkit
