#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "data/labelled_set.h"

namespace clipkit {

// FER2013 as published: a CSV with columns emotion (0 to 6), pixels (48 x 48 grey values, spaces between them) and
// Usage ("Training", "PublicTest", "PrivateTest"), of which the rows with this usage are read. The file is mapped, a
// picture is taken from its text when it is read. Errors: kNotFound, kIo, kCorrupt (columns, an emotion that is no
// number, an open quote).
std::unique_ptr<LabelledReader> read_fer2013(const std::filesystem::path& csv, std::string_view usage);

}  // namespace clipkit
