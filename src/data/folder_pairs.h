#pragma once

#include <filesystem>
#include <memory>

#include "data/pair_source.h"

namespace clipkit {

// All pictures name.jpg (.png, .webp, ...) of a folder and the folders in it that have a name.txt beside them, a
// caption on each line; in the order of their paths. Pictures without text and texts without picture are counted in
// problems(). Links to folders are not followed. Memory: 8 bytes a sample and its path within the folder.
// Errors: kIo.
std::unique_ptr<PairSource> open_folder_pairs(const std::filesystem::path& folder);

}  // namespace clipkit
