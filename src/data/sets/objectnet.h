#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipkit {

// ObjectNet's classes that overlap with ImageNet's (Barbu et al. 2019), from the tables that come with its pictures:
// folder_to_objectnet_label.json {folder: name} and objectnet_to_imagenet_1k.json, whose names are those that overlap.
struct ObjectNetClass {
  std::string folder;
  std::vector<std::string> names;  // its own one, in lower case
};
// By folder. Errors: kNotFound, kIo, kCorrupt (other JSON, a name without a folder).
std::vector<ObjectNetClass> read_objectnet_classes(const std::filesystem::path& folder_to_label,
                                                   const std::filesystem::path& label_to_imagenet);

}  // namespace clipkit
