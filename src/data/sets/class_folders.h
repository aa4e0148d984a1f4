#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// The folders in `folder` that hold classes, sorted by name as bytes (as torchvision's ImageFolder does). Hidden ones
// are passed over. Errors: kNotFound (no such folder), kIo.
std::vector<std::string> find_class_folders(const std::filesystem::path& folder);

// All pictures and films of folder/CLASS and the folders in it, class by class, each in the order of their paths; class
// i is classes[i]. Links to folders are not followed. Paths begin with the class. Errors: kNotFound (a class without a
// folder), kCorrupt (an empty class), kIo.
std::vector<LabelledFile> list_class_folders(const std::filesystem::path& folder,
                                             const std::vector<std::string>& classes);

}  // namespace clipkit
