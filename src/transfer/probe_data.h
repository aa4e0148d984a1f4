#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled_set.h"
#include "eval/picture_features.h"
#include "transfer/linear_probe.h"

namespace clipkit {

// Features with their classes: what heads are fitted on.
struct ProbeData {
  Tensor x;                           // (N, D) float32
  std::vector<int32_t> classes;       // (N) of the set; empty where pictures have any number of classes
  std::vector<PictureLabels> labels;  // (N)

  // Errors: kUnsupported for a picture that has not one class, unless several are allowed.
  static ProbeData of(const LabelledSet& set, PictureFeatures features, bool several = false);
  ProbeData rows(const std::vector<int64_t>& which) const;
  ProbeData and_then(const ProbeData& other) const;
};

// The classes as metrics take them.
std::vector<PictureLabels> one_label_each(const std::vector<int32_t>& classes);

// Rows for validation, and the others: of each class a fifth, drawn at random with a fixed seed, but never its last.
struct HeldOut {
  std::vector<int64_t> train, validation;  // rising
};
HeldOut hold_out_fifth(const std::vector<int32_t>& classes);

// Classes of a set that have something to learn from, numbered without gaps, as solvers want them.
class KnownClasses {
 public:
  KnownClasses(const std::vector<int32_t>& classes, int64_t num_classes);
  int64_t size() const noexcept { return static_cast<int64_t>(known_.size()); }
  std::vector<int32_t> numbers(const std::vector<int32_t>& classes) const;
  // Scores of the known classes as scores of all, those of the others minus infinity. (N, C) float64.
  Tensor spread(TensorView scores) const;

 private:
  std::vector<int32_t> known_, number_of_;  // -1: not known
};

}  // namespace clipkit
