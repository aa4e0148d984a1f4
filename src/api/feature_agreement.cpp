#include "api/feature_agreement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace clipkit {

namespace {

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t d = 0; d < a.size(); ++d) {
    dot += double{a[d]} * double{b[d]};
    aa += double{a[d]} * double{a[d]};
    bb += double{b[d]} * double{b[d]};
  }
  const double result = dot / std::sqrt(aa * bb);
  return std::isnan(result) ? -1 : result;
}

// Of each row of a its cosines with all rows of b.
std::vector<std::vector<double>> cosines(const TensorView& a, const TensorView& b) {
  std::vector<std::vector<double>> result(static_cast<size_t>(a.shape()[0]));
  for (int64_t i = 0; i < a.shape()[0]; ++i) {
    for (int64_t j = 0; j < b.shape()[0]; ++j) {
      result[static_cast<size_t>(i)].push_back(cosine(a.row<float>(i), b.row<float>(j)));
    }
  }
  return result;
}

// The part of the `count` nearest by `found` that by `expected` are as near as the count-th nearest, or nearer: items
// of the same distance may change places.
double kept(const std::vector<double>& found, const std::vector<double>& expected, size_t count) {
  count = std::min(count, found.size());
  std::vector<size_t> nearest(found.size());
  std::iota(nearest.begin(), nearest.end(), size_t{0});
  std::stable_sort(nearest.begin(), nearest.end(), [&](size_t i, size_t j) { return found[i] > found[j]; });
  std::vector<double> sorted = expected;
  std::stable_sort(sorted.begin(), sorted.end(), [](double i, double j) { return i > j; });
  const double least = sorted[count - 1];
  const auto stays = [&](size_t i) { return expected[i] >= least; };
  return static_cast<double>(
             std::count_if(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(count), stays)) /
         static_cast<double>(count);
}

double mean_kept(const TensorView& found_a, const TensorView& found_b, const TensorView& expected_a,
                 const TensorView& expected_b, size_t count) {
  const auto found = cosines(found_a, found_b), expected = cosines(expected_a, expected_b);
  double sum = 0;
  for (size_t i = 0; i < found.size(); ++i) sum += kept(found[i], expected[i], count);
  return sum / static_cast<double>(found.size());
}

}  // namespace

FeatureAgreement feature_agreement(TensorView found, TensorView expected) {
  std::vector<double> all;
  for (int64_t n = 0; n < found.shape()[0]; ++n) all.push_back(cosine(found.row<float>(n), expected.row<float>(n)));
  std::sort(all.begin(), all.end());
  const size_t hundredth = std::max<size_t>(1, all.size() / 100);
  double sum = 0;
  for (size_t i = 0; i < hundredth; ++i) sum += all[i];
  return {.items = static_cast<int64_t>(all.size()),
          .median = all[all.size() / 2],
          .worst = sum / static_cast<double>(hundredth)};
}

std::pair<double, double> ranking_agreement(TensorView found_images, TensorView found_texts, TensorView expected_images,
                                            TensorView expected_texts) {
  constexpr size_t kNearest = 5;
  return {mean_kept(found_images, found_texts, expected_images, expected_texts, 1),
          mean_kept(found_texts, found_images, expected_texts, expected_images, kNearest)};
}

QuantizeReport gate(const TowerFeatures& found, const TowerFeatures& expected, const QuantizeOptions& options) {
  QuantizeReport report;
  report.passed = true;
  const auto add = [&](const Tensor& a, const Tensor& b, std::optional<FeatureAgreement>& to) {
    if (!a) return;
    to = feature_agreement(a, b);
    report.passed = report.passed && to->median >= options.min_median && to->worst >= options.min_worst;
  };
  add(found.images, expected.images, report.images);
  add(found.texts, expected.texts, report.texts);
  if (report.images && report.texts) {
    const auto [top1, retrieval] = ranking_agreement(found.images, found.texts, expected.images, expected.texts);
    report.top1_agreement = top1;
    report.retrieval_agreement = retrieval;
    report.passed = report.passed && top1 >= options.min_top1 && retrieval >= options.min_retrieval;
  }
  return report;
}

}  // namespace clipkit
