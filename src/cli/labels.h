#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clipkit/labels.h"
#include "clipkit/model.h"

#include "cli/options.h"

namespace clipkit::cli {

// What classify chooses from, and the unit vectors that stand for it.
struct ZeroShotClassifier {
  std::vector<std::string> labels;
  Tensor weights;  // (C, E) float32
};

// Where the labels come from and how they are worded.
class LabelOptions {
 public:
  void add_to(std::vector<Option>& options);
  void add_saving_to(std::vector<Option>& options);

  // Whether an option gives the labels, so that none are expected among the arguments.
  bool gives_labels() const noexcept {
    return !file_.empty() || !set_.empty() || vocabulary_ || is_saved_with_labels();
  }
  // Whether the labels are so many that the likeliest alone are of interest.
  bool is_vocabulary() const noexcept { return vocabulary_.has_value(); }
  // Whether labels are encoded, from prompts that are known, or read.
  bool has_prompts() const noexcept { return saved_.empty(); }
  // Checks what can be checked before a model is loaded: files, repeated and empty labels, templates. Repeated labels
  // are merged with a warning. Errors: UsageError, clipkit::Error.
  void resolve(const std::vector<std::string>& arguments);
  // Encodes the labels, or reads --classifier; saves the result where --save-classifier says.
  ZeroShotClassifier make(const Model& model, const std::string& model_name) const;
  // Of the labels that make() gave, by a file of "eval reject --save" or, without one, by the built-in rule. Errors:
  // those of read_reject_rule() and Rejector.
  Rejector make_rejector(const Model& model, const ZeroShotClassifier& classifier, const std::string& file) const;

 private:
  bool is_saved_with_labels() const noexcept { return saved_.ends_with(".safetensors"); }
  ZeroShotClassifier read(const Model& model, const std::string& model_name) const;
  void save(const ZeroShotClassifier& classifier, const std::string& model_name) const;

  std::string file_, set_, template_set_, saved_, save_to_;
  std::optional<std::string> vocabulary_;  // a file, or "" for the built-in one
  std::vector<std::string> templates_;
  std::vector<std::string> labels_;
};

}  // namespace clipkit::cli
