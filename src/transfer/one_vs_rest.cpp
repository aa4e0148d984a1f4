#include "transfer/one_vs_rest.h"

#include <algorithm>

#include "base/check.h"

namespace clipkit {

namespace {

bool contains(const std::vector<int32_t>& classes, int64_t label) {
  return std::find(classes.begin(), classes.end(), label) != classes.end();
}

}  // namespace

OneVsRest::OneVsRest(TensorView x, const std::vector<PictureLabels>& labels, int64_t num_classes)
    : width_(x.shape()[1]), problems_(static_cast<size_t>(num_classes)) {
  CLIPKIT_CHECK(num_classes >= 3, "linear probe: ", num_classes, " classes of which a picture may have several, ",
                "expected 3 or more");
  for (int64_t c = 0; c < num_classes; ++c) {
    Problem& problem = problems_[static_cast<size_t>(c)];
    std::vector<int64_t> counted;
    for (size_t i = 0; i < labels.size(); ++i) {
      const bool present = contains(labels[i].present, c);
      if (!present && contains(labels[i].ignored, c)) continue;
      counted.push_back(static_cast<int64_t>(i));
      problem.labels.push_back(present ? 1 : 0);
    }
    const auto num_present = std::count(problem.labels.begin(), problem.labels.end(), 1);
    if (num_present == 0 || num_present == static_cast<int64_t>(counted.size())) continue;
    if (counted.size() < labels.size()) {
      problem.x = Tensor::empty({static_cast<int64_t>(counted.size()), width_});
      for (size_t i = 0; i < counted.size(); ++i) {
        const auto from = x.row<float>(counted[i]);
        std::copy(from.begin(), from.end(), problem.x.row<float>(static_cast<int64_t>(i)).begin());
      }
    }
    problem.regression = std::make_unique<LogisticRegression>(problem.x ? problem.x.view() : x, problem.labels, 2);
  }
}

LogisticFit OneVsRest::fit(const LogisticOptions& options, const LinearClassifier* start) {
  LogisticFit all;
  all.end = LogisticFit::End::kGradient;
  all.classifier = {.num_classes = static_cast<int64_t>(problems_.size()), .width = width_};
  for (size_t c = 0; c < problems_.size(); ++c) {
    LinearClassifier& classifier = all.classifier;
    if (!problems_[c].regression) {
      classifier.weights.resize(classifier.weights.size() + static_cast<size_t>(width_));
      classifier.intercept.push_back(0);
      continue;
    }
    LinearClassifier from{.num_classes = 2, .width = width_};
    if (start != nullptr) {
      const auto row = start->weights.begin() + static_cast<std::ptrdiff_t>(c) * width_;
      from.weights.assign(row, row + width_);
      from.intercept = {start->intercept[c]};
    }
    const LogisticFit fit = problems_[c].regression->fit(options, start != nullptr ? &from : nullptr);
    classifier.weights.insert(classifier.weights.end(), fit.classifier.weights.begin(), fit.classifier.weights.end());
    classifier.intercept.push_back(fit.classifier.intercept.front());
    all.objective += fit.objective;
    all.max_gradient = std::max(all.max_gradient, fit.max_gradient);
    all.evaluations += fit.evaluations;
    if (fit.iterations >= all.iterations) {
      all.iterations = fit.iterations;
      all.end = fit.end;
    }
  }
  return all;
}

}  // namespace clipkit
