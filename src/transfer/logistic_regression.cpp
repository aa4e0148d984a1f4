#include "transfer/logistic_regression.h"

#include <lbfgs.h>

#include <cmath>
#include <memory>

#include "base/check.h"

namespace clipkit {

namespace {

constexpr int kMemory = 10;

// One minimisation. The variables u of L-BFGS are V / unit_, with V as Whitening has it: its first step has the length
// 1 in u, and unit_ makes that the step -gradient, which is the right one where the objective is round.
class Minimization {
 public:
  Minimization(LogisticLoss& loss, Whitening& whitening, const AugmentedRows& features, const LogisticOptions& options)
      : loss_(loss),
        whitening_(whitening),
        options_(options),
        stride_(features.stride()),
        intercept_(options.free_intercept ? features.width() : -1),
        samples_(static_cast<double>(features.size())),
        weights_(static_cast<size_t>(loss.rows() * stride_)),
        gradient_(weights_.size()) {}

  std::vector<double>& weights() { return weights_; }

  // From weights() to the minimum, which is there afterwards.
  void run(LogisticFit& fit) {
    const Point start = evaluate();
    CLIPKIT_CHECK(std::isfinite(start.objective) && std::isfinite(start.max_gradient),
                  "linear probe: the features are not finite, or too large");
    whitening_.set(options_.c * std::max(start.curvature / samples_, 1e-8));
    whitening_.to_gradient(gradient_);
    double squares = 0;
    for (const double g : gradient_) squares += g * g;
    unit_ = squares > 0 ? std::sqrt(squares) : 1;
    whitening_.from_weights(weights_);

    const std::unique_ptr<double, void (*)(double*)> u(lbfgs_malloc(static_cast<int>(weights_.size())), lbfgs_free);
    if (!u) fail(ErrorCode::kOutOfMemory, "linear probe: no memory for ", weights_.size(), " variables");
    for (size_t i = 0; i < weights_.size(); ++i) u.get()[i] = weights_[i] / unit_;
    previous_ = start.objective;
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    parameters.m = kMemory;
    parameters.epsilon = 0;  // the rules are those of progress()
    parameters.max_iterations = options_.max_iterations;
    const int result =
        ::lbfgs(static_cast<int>(weights_.size()), u.get(), nullptr, evaluate_at, progress, this, &parameters);
    if (cancelled_) fail(ErrorCode::kCancelled, "linear probe: stopped");
    if (result == LBFGSERR_OUTOFMEMORY) fail(ErrorCode::kOutOfMemory, "linear probe: no memory for L-BFGS");
    if (result == LBFGSERR_MAXIMUMITERATION) end_ = LogisticFit::End::kIterations;

    set_weights(u.get());
    const Point last = evaluate();
    fit.objective = last.objective;
    fit.max_gradient = last.max_gradient;
    fit.iterations = iterations_;
    fit.evaluations = evaluations_;
    fit.end = end_;
  }

 private:
  struct Point {
    double objective, max_gradient, curvature;
  };

  // Objective and gradient_ at weights_.
  Point evaluate() {
    ++evaluations_;
    const LogisticLoss::Value value = loss_.evaluate(weights_, gradient_);
    double squares = 0, largest = 0;
    for (size_t i = 0; i < weights_.size(); ++i) {
      const bool penalised = static_cast<int64_t>(i) % stride_ != intercept_;
      gradient_[i] = options_.c * gradient_[i] + (penalised ? weights_[i] : 0);
      squares += penalised ? weights_[i] * weights_[i] : 0;
      largest = std::max(largest, std::abs(gradient_[i]));
    }
    return {squares / 2 + options_.c * value.loss, largest, value.curvature};
  }

  void set_weights(const double* u) {
    for (size_t i = 0; i < weights_.size(); ++i) weights_[i] = unit_ * u[i];
    whitening_.to_weights(weights_);
  }

  static double evaluate_at(void* self, const double* u, double* du, int, double) {
    auto& m = *static_cast<Minimization*>(self);
    m.set_weights(u);
    const Point point = m.evaluate();
    m.max_gradient_ = point.max_gradient;
    m.whitening_.to_gradient(m.gradient_);
    for (size_t i = 0; i < m.gradient_.size(); ++i) du[i] = m.unit_ * m.gradient_[i];
    return point.objective;
  }

  // After each iteration, whose last evaluation was the one that was accepted. Other than 0: stop.
  static int progress(void* self, const double*, const double*, double objective, double, double, double, int, int k,
                      int) {
    auto& m = *static_cast<Minimization*>(self);
    m.iterations_ = k;
    const double change = m.previous_ - objective;
    const double size = std::max({std::abs(m.previous_), std::abs(objective), 1.0});
    m.previous_ = objective;
    if (m.options_.stop && m.options_.stop()) return m.cancelled_ = true;
    if (m.max_gradient_ <= m.options_.gradient_tolerance) {
      m.end_ = LogisticFit::End::kGradient;
    } else if (change / size <= m.options_.objective_tolerance) {
      m.end_ = LogisticFit::End::kObjective;
    } else {
      return 0;
    }
    return 1;
  }

  LogisticLoss& loss_;
  Whitening& whitening_;
  const LogisticOptions& options_;
  const int64_t stride_, intercept_;
  const double samples_;
  std::vector<double> weights_, gradient_;
  double unit_ = 1, previous_ = 0, max_gradient_ = 0;
  int iterations_ = 0, evaluations_ = 0;
  bool cancelled_ = false;
  LogisticFit::End end_ = LogisticFit::End::kPrecision;
};

int64_t checked_classes(TensorView x, std::span<const int32_t> labels, int64_t num_classes, bool all_seen) {
  CLIPKIT_CHECK(x.shape().rank() == 2 && x.shape()[0] == static_cast<int64_t>(labels.size()),
                "linear probe: features have shape ", to_string(x.shape()), ", labels ", labels.size());
  CLIPKIT_CHECK(num_classes >= 2, "linear probe: ", num_classes, " classes, expected 2 or more");
  std::vector<bool> seen(static_cast<size_t>(num_classes), false);
  for (size_t i = 0; i < labels.size(); ++i) {
    CLIPKIT_CHECK(labels[i] >= 0 && labels[i] < num_classes, "linear probe: label ", i, " is ", labels[i],
                  ", expected 0 to ", num_classes - 1);
    seen[static_cast<size_t>(labels[i])] = true;
  }
  const auto missing = std::find(seen.begin(), seen.end(), false);
  CLIPKIT_CHECK(!all_seen || missing == seen.end(), "linear probe: class ", missing - seen.begin(), " has no sample");
  CLIPKIT_CHECK(num_classes * (x.shape()[1] + 8) < INT32_MAX, "linear probe: ", num_classes, " classes of ",
                x.shape()[1], " features are more weights than L-BFGS takes");
  return num_classes;
}

}  // namespace

LogisticRegression::LogisticRegression(TensorView x, std::span<const int32_t> labels, int64_t num_classes,
                                       TensorView offsets)
    : num_classes_(checked_classes(x, labels, num_classes, !offsets)),
      features_(x),
      loss_(features_, labels, num_classes, offsets),
      whitening_(features_) {}

LogisticFit LogisticRegression::fit(const LogisticOptions& options, const LinearClassifier* start) {
  CLIPKIT_CHECK(options.c > 0 && std::isfinite(options.c) && options.max_iterations > 0, "linear probe: C is ",
                options.c, " with ", options.max_iterations, " iterations");
  const int64_t width = features_.width(), stride = features_.stride();
  Minimization minimization(loss_, whitening_, features_, options);
  std::vector<double>& weights = minimization.weights();
  if (start != nullptr) {
    CLIPKIT_CHECK(start->num_classes == num_classes_ && start->width == width, "linear probe: starts from ",
                  start->num_classes, " classes of ", start->width, " features, expected ", num_classes_, " of ",
                  width);
    for (int64_t r = 0; r < start->rows(); ++r) {
      std::copy_n(start->weights.data() + r * width, width, weights.data() + r * stride);
      weights[static_cast<size_t>(r * stride + width)] = start->intercept[static_cast<size_t>(r)];
    }
  }
  LogisticFit fit;
  minimization.run(fit);
  LinearClassifier& classifier = fit.classifier;
  classifier.num_classes = num_classes_;
  classifier.width = width;
  double mean = 0;
  for (int64_t r = 0; r < classifier.rows(); ++r) {
    const double* row = weights.data() + r * stride;
    classifier.weights.insert(classifier.weights.end(), row, row + width);
    classifier.intercept.push_back(row[width]);
    mean += row[width] / static_cast<double>(classifier.rows());
  }
  // Intercepts of several rows are determined up to a constant: their mean is 0.
  if (classifier.rows() > 1 && options.free_intercept) {
    for (double& b : classifier.intercept) b -= mean;
  }
  return fit;
}

}  // namespace clipkit
