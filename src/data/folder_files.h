#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace clipkit {

// What lies in a folder itself, sorted by name as bytes. Errors: kNotFound (no such folder), kIo.

// Paths of what has the extension (lower case, without the dot).
std::vector<std::string> files_in(const std::filesystem::path& folder, std::string_view extension);
// Names of the folders, without hidden ones.
std::vector<std::string> folders_in(const std::filesystem::path& folder);

// The error that a folder which cannot be listed is.
[[noreturn]] void fail_to_list(const std::filesystem::path& folder, const std::error_code& error);

}  // namespace clipkit
