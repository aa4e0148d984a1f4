#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/labelled_set.h"

namespace clipkit {

// A picture file of a set, as its lists name it.
struct LabelledFile {
  std::string path;  // within the set's folder
  PictureLabels labels{};
};

// Pictures that are files of their own in `folder`; of a film its middle frame (see film.h). Paths that are absolute or
// contain ".." are refused (kCorrupt); that the files exist is found out when they are read.
std::unique_ptr<LabelledReader> read_labelled_files(std::filesystem::path folder, std::vector<LabelledFile> files);

}  // namespace clipkit
