#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// The sets that publish their labels as MATLAB files. Errors: as read_mat; kCorrupt for counts that differ.

// Stanford Cars (Krause et al. 2013): the structs "annotations" with "fname" and "class", from 1. folder: where the
// pictures lie within the set's.
std::vector<LabelledFile> list_cars(const std::filesystem::path& annotations, const std::string& folder);

// Oxford Flowers 102 (Nilsback & Zisserman 2008): setid.mat's variable `ids` has numbers of pictures, from 1;
// imagelabels.mat's "labels" a class from 1 for each picture. picture: where it lies, with {} for five digits.
std::vector<LabelledFile> list_flowers(const std::filesystem::path& set_ids, const char* ids,
                                       const std::filesystem::path& labels, std::string_view picture);

// SVHN's cropped digits (Netzer et al. 2011): "X", 32 x 32 x 3 x N bytes, and "y", N digits of which 0 is written 10.
// All are held in memory.
std::unique_ptr<LabelledReader> read_svhn(const std::filesystem::path& file);

}  // namespace clipkit
