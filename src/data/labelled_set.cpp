#include "data/labelled_set.h"

#include "base/check.h"
#include "data/sets/own_set.h"

namespace clipkit {

namespace {

// Labels that no class has: the set and its class names do not belong together.
void check_labels(const LabelledSet& set) {
  const auto num_classes = static_cast<int32_t>(set.classes.size());
  for (int64_t i = 0; i < set.reader->size(); ++i) {
    const PictureLabels labels = set.reader->labels(i);
    for (const auto* some : {&labels.present, &labels.ignored}) {
      for (const int32_t label : *some) {
        if (0 <= label && label < num_classes) continue;
        fail(ErrorCode::kCorrupt, set.path, ", split ", set.split, ": picture ", i, " has label ", label, " of ",
             num_classes, " classes");
      }
    }
  }
}

}  // namespace

Image decode_picture(LabelledPicture picture) {
  if (picture.file.empty() && picture.image.width > 0) return std::move(picture.image);
  return decode_image(std::as_bytes(std::span(picture.file)), picture.name);
}

const char* to_string(EvalMetric metric) noexcept {
  switch (metric) {
    case EvalMetric::kAccuracy:
      return "accuracy";
    case EvalMetric::kMeanPerClass:
      return "mean_per_class";
    case EvalMetric::kMap11:
      return "map11";
    case EvalMetric::kRocAuc:
      return "roc_auc";
    case EvalMetric::kMeanTop1Top5:
      return "mean_top1_top5";
  }
  return "unknown";
}

LabelledSet open_labelled_set(std::string_view spec, std::string_view split) {
  LabelledSet set = open_own_set(spec, split);
  check_labels(set);
  return set;
}

}  // namespace clipkit
