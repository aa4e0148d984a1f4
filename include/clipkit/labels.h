#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/model.h"
#include "clipkit/reject.h"
#include "clipkit/tensor.h"

// Labels beyond a softmax over a few: long lists that are encoded once, and "none of these".

namespace clipkit {

struct LabelCache {
  std::filesystem::path folder{};  // empty: cache_folder()/features
  bool use = true;
  // Called with the texts that are encoded and their number; false: Error(kCancelled) soon.
  std::function<bool(int64_t done, int64_t total)> progress{};
};

// Model::zero_shot_classifier for long lists such as label_vocabulary(): kept in the cache by model and texts, and
// texts that are longer than the context are cut off, with a warning.
CLIPKIT_API Tensor encode_labels(const Model& model, std::span<const std::string> labels,
                                 std::span<const std::string> templates, const LabelCache& cache = {});

// Declines pictures that none of the labels fits.
class CLIPKIT_API Rejector {
 public:
  // classifier: of these labels and templates. Without a rule: NegLabel, at the threshold at which the labels together
  // weigh as much as the words of label_vocabulary() that are unlike all of them. Warns in the log if the rule was
  // calibrated for other labels. Errors: kInvalidArgument if it is of another model or vocabulary.
  Rejector(const Model& model, std::span<const std::string> labels, std::span<const std::string> templates,
           TensorView classifier, const std::optional<RejectRule>& rule = {}, const LabelCache& cache = {});
  Rejector(Rejector&&) noexcept;
  Rejector& operator=(Rejector&&) noexcept;
  ~Rejector();

  // (N) of the features of pictures (N, E): how much each is one of the labels. Declined are those below the threshold.
  std::vector<double> scores(TensorView image_features) const;
  double threshold() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipkit
