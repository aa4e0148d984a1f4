#include "transfer/probe_data.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"
#include "base/shuffle.h"

namespace clipkit {

ProbeData ProbeData::of(const LabelledSet& set, PictureFeatures features, bool several) {
  ProbeData data{std::move(features.x), {}, {}};
  for (const int64_t picture : features.pictures) {
    PictureLabels labels = set.reader->labels(picture);
    if (!several && labels.present.size() != 1) {
      fail(ErrorCode::kUnsupported, set.title, ": picture ", picture, " has ", labels.present.size(),
           " classes; expected a set with one each");
    }
    if (!several) data.classes.push_back(labels.present.front());
    data.labels.push_back(std::move(labels));
  }
  return data;
}

ProbeData ProbeData::rows(const std::vector<int64_t>& which) const {
  ProbeData result{Tensor::empty({static_cast<int64_t>(which.size()), x.shape()[1]}), {}, {}};
  for (size_t i = 0; i < which.size(); ++i) {
    const auto from = x.row<float>(which[i]);
    std::copy(from.begin(), from.end(), result.x.row<float>(static_cast<int64_t>(i)).begin());
    if (!classes.empty()) result.classes.push_back(classes[static_cast<size_t>(which[i])]);
    result.labels.push_back(labels[static_cast<size_t>(which[i])]);
  }
  return result;
}

ProbeData ProbeData::and_then(const ProbeData& other) const {
  const int64_t n = x.shape()[0], m = other.x.shape()[0];
  ProbeData result{Tensor::empty({n + m, x.shape()[1]}), classes, labels};
  std::copy_n(x.data<float>(), x.num_elements(), result.x.data<float>());
  std::copy_n(other.x.data<float>(), other.x.num_elements(), result.x.data<float>() + x.num_elements());
  result.classes.insert(result.classes.end(), other.classes.begin(), other.classes.end());
  result.labels.insert(result.labels.end(), other.labels.begin(), other.labels.end());
  return result;
}

std::vector<PictureLabels> one_label_each(const std::vector<int32_t>& classes) {
  std::vector<PictureLabels> labels;
  for (const int32_t label : classes) labels.push_back({.present = {label}});
  return labels;
}

HeldOut hold_out_fifth(const std::vector<int32_t>& classes) {
  std::map<int32_t, std::vector<int64_t>> rows_of;
  for (size_t i = 0; i < classes.size(); ++i) rows_of[classes[i]].push_back(static_cast<int64_t>(i));
  HeldOut result;
  for (auto& [label, rows] : rows_of) {
    Random random(0, RandomUse::kShots, static_cast<uint32_t>(label));
    shuffle(rows, random);
    const size_t held = std::min((rows.size() + 4) / 5, rows.size() - 1);
    result.validation.insert(result.validation.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(held));
    result.train.insert(result.train.end(), rows.begin() + static_cast<std::ptrdiff_t>(held), rows.end());
  }
  std::sort(result.train.begin(), result.train.end());
  std::sort(result.validation.begin(), result.validation.end());
  return result;
}

KnownClasses::KnownClasses(const std::vector<int32_t>& classes, int64_t num_classes)
    : number_of_(static_cast<size_t>(num_classes), -1) {
  for (const int32_t label : classes) number_of_[static_cast<size_t>(label)] = 0;
  for (size_t c = 0; c < number_of_.size(); ++c) {
    if (number_of_[c] < 0) continue;
    number_of_[c] = static_cast<int32_t>(known_.size());
    known_.push_back(static_cast<int32_t>(c));
  }
}

std::vector<int32_t> KnownClasses::numbers(const std::vector<int32_t>& classes) const {
  std::vector<int32_t> result;
  for (const int32_t label : classes) result.push_back(number_of_[static_cast<size_t>(label)]);
  return result;
}

Tensor KnownClasses::spread(TensorView scores) const {
  Tensor result = Tensor::empty({scores.shape()[0], static_cast<int64_t>(number_of_.size())}, DType::kFloat64);
  std::fill(result.span<double>().begin(), result.span<double>().end(), -INFINITY);
  for (int64_t i = 0; i < scores.shape()[0]; ++i) {
    const auto from = scores.row<double>(i), to = result.row<double>(i);
    for (size_t k = 0; k < known_.size(); ++k) to[static_cast<size_t>(known_[k])] = from[k];
  }
  return result;
}

}  // namespace clipkit
