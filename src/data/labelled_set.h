#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/image.h"
#include "data/pair_problems.h"

namespace clipkit {

// The classes of one picture, as positions in LabelledSet::classes.
struct PictureLabels {
  std::vector<int32_t> present;    // one; in sets of several labels a picture (PASCAL VOC) any number
  std::vector<int32_t> ignored{};  // classes for which the picture does not count (VOC: "difficult")
};

// One picture as it is stored: a file's bytes, or pixels where the set publishes those (MNIST, CIFAR) or a film.
struct LabelledPicture {
  std::string name;    // for reports and messages: "test/apple_pie/1011328.jpg", "test_batch.bin, record 17"
  std::string file{};  // the picture file; empty if there is:
  Image image{};
  PictureLabels labels{};
};

// The picture, decoded where it is a file. Errors: as decode_image, its name first.
Image decode_picture(LabelledPicture picture);

// The labelled pictures of one split, read in any order. What there is was found when the reader was opened; no picture
// has been looked at. Thread-safe.
class LabelledReader {
 public:
  virtual ~LabelledReader() = default;

  virtual int64_t size() const noexcept = 0;
  // Picture 0 <= index < size(). Errors: kNotFound, kIo, kCorrupt, kUnsupported.
  virtual LabelledPicture read(int64_t index) const = 0;
  // Its labels, without reading it.
  virtual PictureLabels labels(int64_t index) const = 0;

  // What was left out, or is odd: classes without a picture, ...
  const PairProblems& problems() const noexcept { return problems_; }

 protected:
  PairProblems problems_;
};

// How a set is scored. CLIP's choice for each set: CLIP, table 9.
enum class EvalMetric : uint8_t { kAccuracy, kMeanPerClass, kMap11, kRocAuc, kMeanTop1Top5 };
const char* to_string(
    EvalMetric metric) noexcept;  // "accuracy", "mean_per_class", "map11", "roc_auc", "mean_top1_top5"

// Which splits belong together. The paper scores a set with several (STL-10: 10, UCF101: 3) on each and has the mean;
// one run scores one, the first unless another test or training split is named.
struct Fold {
  std::string train{}, validation{}, test;  // names of splits; empty where the set has none
};

// One split of a data set, with all that scoring it takes.
struct LabelledSet {
  std::string key;                                  // "cifar10"; "folder", "csv", ... for a user's own
  std::string title;                                // "CIFAR-10"
  std::string path;                                 // where it was found
  std::string split;                                // the one that `reader` reads; empty if the set has none
  std::vector<std::vector<std::string>> classes{};  // names of each, the one to show first; several only in FER2013
  std::vector<std::string> templates{};             // prompts with {} for the name
  EvalMetric metric = EvalMetric::kAccuracy;
  std::vector<std::string> splits{};  // that can be opened here
  std::vector<Fold> folds{};          // at least one; its splits are among `splits`
  std::string note{};                 // what a report should say about it, or empty
  std::unique_ptr<LabelledReader> reader{};
};

// Opens "KEY:PATH", where KEY names a set of the registry (docs/data_sets.md) in its own or in CLIP_benchmark's words
// and PATH is the folder it was unpacked in; or PATH alone, a user's own set: a folder of class folders, perhaps in
// folders train, val and test, tar shards, or a .csv of paths and labels ("folder:", "tar:" or "csv:" may come before
// it). split: one of the set's; empty: the test split of its first fold. Errors: kNotFound (no such set, near ones are
// named; no such path; no such split, those that are there are named), kCorrupt (labels that no class has, an empty
// class, damaged files), kUnsupported (a layout whose library was not there when clipkit was built), kIo.
LabelledSet open_labelled_set(std::string_view spec, std::string_view split = {});

}  // namespace clipkit
