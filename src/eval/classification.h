#pragma once

#include <span>
#include <string>
#include <vector>

#include "clipkit/evaluate.h"
#include "clipkit/tensor.h"
#include "data/labelled_set.h"
#include "eval/bootstrap.h"

namespace clipkit {

// Scores of the classes for each picture, and the right ones. Borrowed.
struct ScoredPictures {
  TensorView scores;                      // (N, C) float64; a softmax of them is the probability
  std::span<const PictureLabels> labels;  // (N)
};

// The class names are for the report, one each. A picture with several labels is right if any of them comes first.
// Errors: kInvalidArgument (NaN scores; ROC AUC of other than two classes).
ClassificationScores classification_scores(const ScoredPictures& scored, const std::vector<std::string>& class_names,
                                           EvalMetric metric, const BootstrapOptions& bootstrap);

// The set's metric alone.
double classification_score(const ScoredPictures& scored, EvalMetric metric);

// The class with the largest score, the first of equal ones, and the softmax of a picture's scores.
int32_t predicted_class(std::span<const double> scores) noexcept;
std::vector<double> probabilities_of(std::span<const double> scores);

}  // namespace clipkit
