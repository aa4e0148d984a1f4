#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/sets/label_table.h"

namespace clipkit {

// Lists of pictures as sets publish them. `picture` is where a picture lies, with {} for what the list calls it:
// "images/{}.jpg". Errors: kNotFound, kIo, kCorrupt.

// Where a line of a text list has its label.
enum class LineLabel : uint8_t {
  kFolder,  // in the path: "apple_pie/1005649" is "apple_pie" (Food-101, DTD, SUN397, UCF101)
  kStem,    // before the last '_' of the name: "great_pyrenees_17" is "great_pyrenees" (Oxford Pets)
  kRest,    // after the first space: "1025794 707-320" (FGVC Aircraft)
};
// A picture a line, its first word; a slash before it is passed over, and so are lines that begin with '#'.
std::vector<NamedFile> list_lines(const std::filesystem::path& list, std::string_view picture, LineLabel label);

// A picture a row, in the columns called `path` and `label`, of which the first word counts.
std::vector<NamedFile> list_csv(const std::filesystem::path& csv, std::string_view path, std::string_view label,
                                std::string_view picture);

// A JSON object a line, with a string `path` and a string or whole number `label`.
std::vector<NamedFile> list_json_lines(const std::filesystem::path& file, const std::string& path,
                                       const std::string& label);

}  // namespace clipkit
