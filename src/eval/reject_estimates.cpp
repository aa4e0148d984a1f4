#include "eval/reject_estimates.h"

#include <algorithm>

#include "eval/classification.h"
#include "eval/conformal.h"
#include "eval/mean_of_draws.h"
#include "eval/metrics.h"

namespace clipkit {

namespace {

constexpr int kCurveSteps = 50;

std::vector<double> at(const std::vector<double>& values, const std::vector<int64_t>& rows) {
  std::vector<double> taken;
  for (const int64_t row : rows) taken.push_back(values[static_cast<size_t>(row)]);
  return taken;
}

// Of each value, 1 if it is at or above the threshold.
std::vector<double> reaching(std::vector<double> values, double threshold) {
  for (double& value : values) value = value >= threshold ? 1 : 0;
  return values;
}

}  // namespace

void DrawEstimator::add(size_t items, const std::function<double(std::span<const uint32_t> weights)>& metric) {
  values_.push_back(metric({}));
  if (resamples_ > 0) bootstrap_ = bootstrap_interval(static_cast<int64_t>(items), metric, {.resamples = resamples_});
}

void DrawEstimator::add_mean(const std::vector<double>& values) {
  add(values.size(), [&](std::span<const uint32_t> weights) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[i] * (weights.empty() ? 1 : weights[i]);
    return sum / static_cast<double>(values.size());
  });
}

Estimate DrawEstimator::estimate() const {
  if (resamples_ > 0) return {values_[0], bootstrap_.low, bootstrap_.high};
  return mean_of_draws(values_);
}

Estimate DrawEstimator::part() const {
  const Estimate whole = estimate();
  return {whole.value, std::max(whole.low, 0.0), std::min(whole.high, 1.0)};
}

ScoreOfDraws::ScoreOfDraws(RejectScore score, double coverage, size_t draws, int resamples)
    : coverage_(coverage),
      share_(1 / static_cast<double>(draws)),
      auroc_(draws, resamples),
      fpr95_(auroc_),
      kept_(auroc_),
      declined_(auroc_) {
  made_.score = score;
  made_.curve.assign(kCurveSteps + 1, 0);
}

void ScoreOfDraws::add(const RejectDraw& draw, const std::vector<double>& scores) {
  const std::vector<double> calibration = at(scores, draw.calibration), known = at(scores, draw.known),
                            unknown = at(scores, draw.unknown);
  std::vector<double> all = calibration;
  all.insert(all.end(), known.begin(), known.end());
  std::vector<Relevance> relevance(all.size(), Relevance::kYes);
  all.insert(all.end(), unknown.begin(), unknown.end());
  relevance.resize(all.size(), Relevance::kNo);
  const Ranking ranking(all, relevance);
  auroc_.add(all.size(), [&](auto weights) { return ranking.roc_auc(weights); });
  fpr95_.add(all.size(), [&](auto weights) { return ranking.false_positive_rate(0.95, weights); });
  for (int i = 0; i <= kCurveSteps; ++i)
    made_.curve[static_cast<size_t>(i)] += share_ * ranking.false_positive_rate(i / double{kCurveSteps});
  const double threshold = conformal_threshold(calibration, coverage_);
  made_.thresholds.push_back(threshold);
  kept_.add_mean(reaching(known, threshold));
  std::vector<double> declined = reaching(unknown, threshold);
  for (double& one : declined) one = 1 - one;
  declined_.add_mean(declined);
}

RejectResult::OfScore ScoreOfDraws::result() const {
  RejectResult::OfScore result = made_;
  result.auroc = auroc_.part();
  result.fpr95 = fpr95_.part();
  result.kept = kept_.part();
  result.declined = declined_.part();
  return result;
}

SetsOfDraws::SetsOfDraws(double coverage, size_t draws, int resamples)
    : coverage_(coverage), covered_(draws, resamples), size_(covered_), empty_(covered_), unknown_(covered_) {}

void SetsOfDraws::add(const RejectDraw& draw, const std::vector<PictureLabels>& labels, const Tensor& logits) {
  // The probability of the right label, of several of the likeliest.
  const auto right = [&](int64_t row, const std::vector<double>& p) {
    double largest = 0;
    for (const int32_t label : labels[static_cast<size_t>(row)].present)
      largest = std::max(largest, p[static_cast<size_t>(draw.place_of(label))]);
    return largest;
  };
  std::vector<double> calibration, covered, size, empty, unknown;
  for (const int64_t row : draw.calibration)
    calibration.push_back(right(row, probabilities_of(logits.row<double>(row))));
  const double threshold = conformal_threshold(calibration, coverage_);
  const auto size_of = [&](const std::vector<double>& p) {
    return static_cast<double>(std::count_if(p.begin(), p.end(), [&](double one) { return one >= threshold; }));
  };
  for (const int64_t row : draw.known) {
    const std::vector<double> p = probabilities_of(logits.row<double>(row));
    covered.push_back(right(row, p) >= threshold ? 1 : 0);
    size.push_back(size_of(p));
    empty.push_back(size.back() == 0 ? 1 : 0);
  }
  for (const int64_t row : draw.unknown)
    unknown.push_back(size_of(probabilities_of(logits.row<double>(row))) == 0 ? 1 : 0);
  covered_.add_mean(covered);
  size_.add_mean(size);
  empty_.add_mean(empty);
  unknown_.add_mean(unknown);
}

RejectResult::Sets SetsOfDraws::result() const {
  return {covered_.part(), size_.estimate(), empty_.part(), unknown_.part()};
}

}  // namespace clipkit
