#include "data/sets/class_folders.h"

#include <algorithm>

#include "base/check.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/picture_names.h"
#include "data/sets/film.h"

namespace clipkit {

namespace {

std::vector<std::string> pictures_in(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::string> paths;
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / name)) {
      const std::string extension = extension_of(entry.path().native());
      if ((is_picture_extension(extension) || is_film_extension(extension)) && entry.is_regular_file()) {
        paths.push_back(entry.path().lexically_relative(folder).native());
      }
    }
  } catch (const std::filesystem::filesystem_error& error) {
    fail_to_list(folder / name, error.code());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<LabelledFile> list_class_folders(const std::filesystem::path& folder,
                                             const std::vector<std::string>& classes) {
  std::vector<LabelledFile> files;
  for (size_t c = 0; c < classes.size(); ++c) {
    std::vector<std::string> paths = pictures_in(folder, classes[c]);
    if (paths.empty()) {
      fail(ErrorCode::kCorrupt, (folder / classes[c]).string(), ": the class ", quote(classes[c]),
           " is empty: there is no picture in its folder");
    }
    for (std::string& path : paths) files.push_back({std::move(path), {{static_cast<int32_t>(c)}}});
  }
  return files;
}

}  // namespace clipkit
