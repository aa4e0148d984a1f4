#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// Sentences for each class, from JSON: {"class name": ["sentence", ...], ...} as CuPL publishes them, or an array of
// arrays, one for each class. Names are matched without regard to case, '_', '-' and spaces with any name of a class,
// and the sentences of all its names are pooled; names that no class has are an error, so that nothing is passed over
// by mistake. Errors: kCorrupt, naming the class.
std::vector<std::vector<std::string>> parse_class_prompts(std::string_view json, std::string_view place,
                                                          std::span<const std::vector<std::string>> classes);
std::vector<std::vector<std::string>> read_class_prompts(const std::filesystem::path& path,
                                                         std::span<const std::vector<std::string>> classes);

}  // namespace clipkit
