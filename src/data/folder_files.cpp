#include "data/folder_files.h"

#include <algorithm>

#include "base/check.h"
#include "data/picture_names.h"

namespace clipkit {

std::vector<std::string> files_in(const std::filesystem::path& folder, std::string_view extension) {
  std::vector<std::string> paths;
  try {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (extension_of(entry.path().native()) == extension) paths.push_back(entry.path().string());
    }
  } catch (const std::filesystem::filesystem_error& error) {
    fail_to_list(folder, error.code());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> folders_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  try {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().native();
      if (!name.starts_with('.') && entry.is_directory()) names.push_back(name);
    }
  } catch (const std::filesystem::filesystem_error& error) {
    fail_to_list(folder, error.code());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void fail_to_list(const std::filesystem::path& folder, const std::error_code& error) {
  const bool missing = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  fail(missing ? ErrorCode::kNotFound : ErrorCode::kIo, folder.string(), ": cannot list the folder: ", error.message());
}

}  // namespace clipkit
