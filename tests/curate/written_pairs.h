#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_writer.h"
#include "data/made_pairs.h"

namespace clipkit::testing {

// A folder with name.ppm and name.txt for each pair.
struct WrittenPair {
  std::string name, picture, captions;  // a caption a line
};
inline void write_pairs(const std::filesystem::path& folder, const std::vector<WrittenPair>& pairs) {
  std::filesystem::create_directories(folder);
  for (const WrittenPair& pair : pairs) {
    write_file(folder / (pair.name + ".ppm"), pair.picture);
    write_file(folder / (pair.name + ".txt"), pair.captions);
  }
}

}  // namespace clipkit::testing
