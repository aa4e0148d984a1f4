#include "eval/labelled_pictures.h"

#include <algorithm>

#include "base/concat.h"
#include "image/convert_color.h"
#include "image/resize.h"

namespace clipkit {

PictureSource pictures_of(const LabelledSet& set) {
  return {.name = set.split.empty() ? set.path : set.path + ", split " + set.split,
          .size = set.reader->size(),
          .read = [reader = set.reader.get()](int64_t index) { return reader->read(index); }};
}

std::vector<PictureLabels> labels_of(const LabelledSet& set, const PictureFeatures& features) {
  std::vector<PictureLabels> labels;
  for (const int64_t picture : features.pictures) labels.push_back(set.reader->labels(picture));
  return labels;
}

std::vector<std::string> class_titles(const LabelledSet& set) {
  std::vector<std::string> titles;
  for (const auto& names : set.classes) titles.push_back(names.empty() ? "" : names.front());
  return titles;
}

void describe(const LabelledSet& set, const PictureFeatures& features, EvalOrigin& origin) {
  origin.title = set.title;
  origin.split = set.split;
  origin.note = set.note;
  origin.data_sha256 = features.sha256;
  origin.pictures = static_cast<int64_t>(features.pictures.size());
  origin.classes = static_cast<int64_t>(set.classes.size());
  origin.unreadable.insert(origin.unreadable.end(), features.unreadable.begin(), features.unreadable.end());
}

void add_unreadable(const LabelledSet& set, const PictureFeatures& features, EvalOrigin& origin) {
  for (const auto& [picture, reason] : features.unreadable)
    origin.unreadable.push_back({concat(set.split, ": ", picture), reason});
}

std::string thumbnail(LabelledPicture picture) {
  const Image image = convert_to_rgb(decode_picture(std::move(picture)));
  const int64_t longer = std::max(image.width, image.height);
  if (longer <= kThumbnailSide) return encode_png(image);
  const auto side = [&](int64_t length) { return std::max<int64_t>(1, length * kThumbnailSide / longer); };
  const int64_t width = side(image.width), height = side(image.height);
  return encode_png(resize(image, width, height, Interpolation::kBicubic, {0, 0, width, height}));
}

}  // namespace clipkit
