#pragma once

#include <memory>
#include <vector>

#include "data/labelled_set.h"
#include "transfer/logistic_regression.h"

namespace clipkit {

// Logistic regression where a picture may be of several classes or of none (PASCAL VOC): for each class a problem of
// its own, is it there or not, all with the same C; pictures that do not count for a class are left out of its problem.
// A class that all training pictures have, or none, scores 0 always.
class OneVsRest {
 public:
  // x: (N, D) float32, borrowed. labels: (N). On the compute thread. Errors: kInvalidArgument for fewer than three
  // classes; as of LogisticRegression.
  OneVsRest(TensorView x, const std::vector<PictureLabels>& labels, int64_t num_classes);

  // One row of weights for each class. Objectives are summed, iterations those of the longest fit. As
  // LogisticRegression::fit().
  LogisticFit fit(const LogisticOptions& options, const LinearClassifier* start = nullptr);

 private:
  struct Problem {
    Tensor x;  // empty: all pictures count
    std::vector<int32_t> labels;
    std::unique_ptr<LogisticRegression> regression;  // null: nothing to learn
  };
  int64_t width_;
  std::vector<Problem> problems_;
};

}  // namespace clipkit
