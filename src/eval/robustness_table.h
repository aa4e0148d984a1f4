#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/audit.h"
#include "data/labelled_set.h"

// What robustness is held against: other models' accuracies, and an earlier result.

namespace clipkit {

// Accuracies of other models, RobustnessOptions::baselines.
class BaselineTable {
 public:
  BaselineTable() = default;
  // Errors: as of read_csv; kCorrupt (no such columns; a number that is not between 0 and 100; nothing but parts of 1).
  explicit BaselineTable(const std::filesystem::path& path);

  // The rows of a shifted set, known by its key or title; all rows of a table without a column "shift".
  // Errors: kCorrupt for fewer than two models, or models that are all equally good.
  std::vector<RobustnessResult::Model> of(const LabelledSet& set) const;
  bool names_shifts() const noexcept { return names_shifts_; }

 private:
  struct Row {
    std::string shift;
    RobustnessResult::Model model;
  };
  std::string place_;
  std::vector<Row> rows_;
  bool names_shifts_ = false;
};

// logit(shifted) = slope * logit(reference) + intercept, least squares.
struct LogitLine {
  double slope = 0, intercept = 0;
  double at(double reference) const;
};
LogitLine fit_logit_line(const std::vector<RobustnessResult::Model>& models);

// The accuracies of result.json of an earlier run, by the digest of the shifted pictures. Errors: kCorrupt.
struct EarlierRobustness {
  std::string model, model_sha256;
  std::map<std::string, double> accuracy_of;
};
EarlierRobustness parse_earlier_robustness(std::string_view json, std::string_view place);

}  // namespace clipkit
