#include "data/sets/kitti.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/quote.h"
#include "data/folder_files.h"
#include "data/input_file.h"
#include "data/sets/text_lists.h"

namespace clipkit {

int32_t kitti_distance_class(std::string_view text, std::string_view place) {
  constexpr size_t kDistanceWord = 13;
  double nearest = INFINITY;
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty() || (words[0] != "Car" && words[0] != "Van" && words[0] != "Truck")) continue;
    double distance = NAN;
    if (words.size() > kDistanceWord) {
      const std::string_view word = words[kDistanceWord];
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), distance);
      if (error != std::errc() || end != word.data() + word.size()) distance = NAN;
    }
    if (std::isnan(distance)) fail(ErrorCode::kCorrupt, place, ": no distance in the object ", quote(line));
    nearest = std::min(nearest, distance);
  }
  return nearest <= 8 ? 0 : nearest <= 20 ? 1 : std::isfinite(nearest) ? 2 : 3;
}

std::vector<LabelledFile> list_kitti(const std::filesystem::path& root, const std::string& pictures,
                                     const std::string& labels) {
  constexpr int64_t kMaxLabelBytes = int64_t{1} << 20;
  std::vector<LabelledFile> files;
  for (const std::string& path : files_in(root / labels, "txt")) {
    const int32_t label = kitti_distance_class(read_whole_file(path, kMaxLabelBytes), path);
    files.push_back({concat(pictures, "/", std::filesystem::path(path).stem().native(), ".png"), {{label}}});
  }
  return files;
}

}  // namespace clipkit
