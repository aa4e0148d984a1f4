#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/sets/label_table.h"

namespace clipkit {

// The pictures of CLEVR's scene files (Johnson et al. 2017), {"scenes": [{"image_filename": "...", "objects": [...]}]},
// with the number of objects as their label, "3" to "10". Read piece by piece: the training scenes are 600 MB of JSON,
// of which the names and numbers alone are kept. Errors: kNotFound, kIo, kCorrupt (damaged JSON, a scene without
// either).
std::vector<NamedFile> list_clevr(const std::filesystem::path& scenes, std::string_view picture);

}  // namespace clipkit
