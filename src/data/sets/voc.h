#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "data/sets/labelled_files.h"

namespace clipkit {

// PASCAL VOC's classification lists (Everingham et al. 2010): beside DIR/SPLIT.txt lie DIR/CLASS_SPLIT.txt, in each of
// which every picture of the split has a line "ID 1" (present), "ID 0" (only as an object marked difficult) or "ID -1".
// picture: where picture {} lies. Class i is classes[i]. Errors: kNotFound (a list of a class is missing), kIo,
// kCorrupt (other pictures than in the list of the split, another number).
std::vector<LabelledFile> list_voc(const std::filesystem::path& list, const std::vector<std::string>& classes,
                                   std::string_view picture);

}  // namespace clipkit
