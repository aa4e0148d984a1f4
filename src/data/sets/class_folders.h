#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// All pictures and films of folder/CLASS and the folders in it, class by class, each in the order of their paths; class
// i is classes[i]. Links to folders are not followed. Paths begin with the class. Errors: kNotFound (a class without a
// folder), kCorrupt (an empty class), kIo.
std::vector<LabelledFile> list_class_folders(const std::filesystem::path& folder,
                                             const std::vector<std::string>& classes);

}  // namespace clipkit
