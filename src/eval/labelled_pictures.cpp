#include "eval/labelled_pictures.h"

#include <algorithm>
#include <set>

#include "base/concat.h"
#include "image/convert_color.h"
#include "image/resize.h"

namespace clipkit {

namespace {

// Its longer side as long as this.
Image fitted(const Image& image, int64_t longer_side) {
  const int64_t longer = std::max(image.width, image.height);
  const auto side = [&](int64_t length) { return std::max<int64_t>(1, length * longer_side / longer); };
  const int64_t width = side(image.width), height = side(image.height);
  return resize(image, width, height, Interpolation::kBicubic, {0, 0, width, height});
}
Image at_most(Image image, int64_t longer_side) {
  return std::max(image.width, image.height) <= longer_side ? std::move(image) : fitted(image, longer_side);
}

}  // namespace

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

void add_unreadable_of_fold(const EvalOrigin& fold, EvalOrigin& origin) {
  std::set<std::string> there;
  for (const auto& one : origin.unreadable) there.insert(one.picture);
  for (const auto& one : fold.unreadable)
    if (there.insert(one.picture).second) origin.unreadable.push_back(one);
}

std::string thumbnail(LabelledPicture picture) {
  return encode_png(at_most(convert_to_rgb(decode_picture(std::move(picture))), kThumbnailSide));
}

std::string side_by_side(LabelledPicture left, LabelledPicture right) {
  constexpr int kGap = 4, kSide = (kThumbnailSide - kGap) / 2;  // px
  Image both{.mode = ImageMode::kRgb, .width = 2 * kSide + kGap, .height = kSide};
  both.pixels.assign(static_cast<size_t>(both.width) * kSide * 3, 128);
  int begin = 0;
  for (LabelledPicture* picture : {&left, &right}) {
    const Image image = fitted(convert_to_rgb(decode_picture(std::move(*picture))), kSide);
    const int x = begin + (kSide - image.width) / 2, y = (kSide - image.height) / 2;
    for (int row = 0; row < image.height; ++row) {
      std::copy_n(image.pixels.data() + static_cast<size_t>(row) * static_cast<size_t>(image.width) * 3,
                  image.width * 3,
                  both.pixels.data() +
                      (static_cast<size_t>(y + row) * static_cast<size_t>(both.width) + static_cast<size_t>(x)) * 3);
    }
    begin += kSide + kGap;
  }
  return encode_png(both);
}

}  // namespace clipkit
