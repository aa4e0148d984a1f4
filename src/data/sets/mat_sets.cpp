#include "data/sets/mat_sets.h"

#include "base/check.h"
#include "clipkit/prompts.h"
#include "data/sets/labelled_pixels.h"
#include "data/sets/mat_file.h"

namespace clipkit {

std::vector<LabelledFile> list_cars(const std::filesystem::path& annotations, const std::string& folder) {
  const std::vector<MatArray> names = read_mat_field(annotations, "annotations", "fname");
  const std::vector<MatArray> classes = read_mat_field(annotations, "annotations", "class");
  std::vector<LabelledFile> files;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string place = concat(annotations.string(), ", record ", i + 1);
    const int64_t label = mat_integer(classes.at(i), place);
    if (label < 1 || label > INT32_MAX) fail(ErrorCode::kCorrupt, place, ": class ", label);
    files.push_back({concat(folder, "/", names[i].text), {{static_cast<int32_t>(label - 1)}}});
  }
  return files;
}

std::vector<LabelledFile> list_flowers(const std::filesystem::path& set_ids, const char* ids,
                                       const std::filesystem::path& labels, std::string_view picture) {
  constexpr size_t kDigits = 5;
  const std::vector<int64_t> classes = read_mat_integers(labels, "labels");
  std::vector<LabelledFile> files;
  for (const int64_t id : read_mat_integers(set_ids, ids)) {
    const std::string place = concat(set_ids.string(), ", record ", files.size() + 1);
    if (id < 1 || static_cast<size_t>(id) > classes.size()) {
      fail(ErrorCode::kCorrupt, place, ": picture ", id, " of ", classes.size(), " (", labels.string(), ")");
    }
    const int64_t label = classes[static_cast<size_t>(id) - 1];
    if (label < 1 || label > INT32_MAX)
      fail(ErrorCode::kCorrupt, labels.string(), ": picture ", id, " has class ", label);
    std::string digits = concat(id);
    digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
    files.push_back({fill_template(picture, digits), {{static_cast<int32_t>(label - 1)}}});
  }
  return files;
}

std::unique_ptr<LabelledReader> read_svhn(const std::filesystem::path& file) {
  constexpr int kSide = 32;
  constexpr size_t kBytes = size_t{3} * kSide * kSide;
  auto pixels = std::make_shared<const MatArray>(read_mat(file, "X"));
  const std::vector<int64_t> digits = read_mat_integers(file, "y");
  const std::vector<size_t> expected = {kSide, kSide, 3, digits.size()};
  if (pixels->shape != expected || pixels->bytes.size() != kBytes * digits.size()) {
    fail(ErrorCode::kCorrupt, file.string(), ": X is not of 32 x 32 x 3 x ", digits.size(),
         " bytes, one for each of y");
  }
  PixelPictures part{.name = file.filename().string(), .labels = {}, .read = {}};
  for (const int64_t digit : digits) {
    if (digit < 1 || digit > 10)
      fail(ErrorCode::kCorrupt, file.string(), ": y has the digit ", digit, ", expected 1 to 10");
    part.labels.push_back(static_cast<int32_t>(digit % 10));
  }
  part.read = [pixels](int64_t index) {
    return image_of_pixels(std::span(pixels->bytes).subspan(static_cast<size_t>(index) * kBytes, kBytes), kSide, kSide,
                           3, PixelLayout::kColumnPlanes);
  };
  std::vector<PixelPictures> parts;
  parts.push_back(std::move(part));
  return read_labelled_pixels(std::move(parts));
}

}  // namespace clipkit
