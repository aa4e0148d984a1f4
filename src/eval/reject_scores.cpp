#include "eval/reject_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "base/compute_thread.h"

namespace clipkit {

namespace {

constexpr int64_t kBlock = 256;  // rows that are compared at once

int64_t groups_of(int64_t negatives) {
  return std::max<int64_t>(1, negatives / kNegLabelGroup);
}

double largest(std::span<const double> values) {
  return values.empty() ? -std::numeric_limits<double>::infinity() : *std::max_element(values.begin(), values.end());
}

// The sum of exp((x - top) / temperature) over every step-th value.
double sum_of_exp(std::span<const double> values, size_t begin, size_t step, size_t end, double top,
                  double temperature) {
  double sum = 0;
  for (size_t i = begin; i < end; i += step) sum += std::exp((values[i] - top) / temperature);
  return sum;
}

// As numpy and PyTorch have it: linear between the two nearest.
double quantile(std::vector<float>& values, double q) {
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = static_cast<double>(values[static_cast<size_t>(below)]);
  if (below + 1 == std::ssize(values)) return low;
  const double high = static_cast<double>(*std::min_element(values.begin() + below + 1, values.end()));
  return low + (place - static_cast<double>(below)) * (high - low);
}

// Calls use() with the cosines of each row of a and all rows of b, unit vectors.
template <class Use>
void for_each_row(Backend& backend, TensorView a, TensorView b, const Use& use) {
  const int64_t rows = a.shape()[0];
  Tensor block;
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    const int64_t end = std::min(rows, begin + kBlock);
    if (!block || block.shape()[0] != end - begin) block = Tensor::empty({end - begin, b.shape()[0]});
    run_on_compute_thread([&] { ops::similarity(backend, {.a = a.slice(begin, end), .b = b, .c = block}); });
    for (int64_t row = begin; row < end; ++row) use(block.row<float>(row - begin));
  }
}

}  // namespace

double mcm_score(std::span<const double> labels, double temperature) {
  CLIPKIT_CHECK(!labels.empty() && temperature > 0, labels.size(), " labels at a temperature of ", temperature);
  return 1 / sum_of_exp(labels, 0, 1, labels.size(), largest(labels), temperature);
}

double neglabel_score(std::span<const double> labels, std::span<const double> negatives, double temperature,
                      int64_t groups) {
  CLIPKIT_CHECK(!labels.empty() && temperature > 0 && groups > 0, labels.size(), " labels and ", groups,
                " groups at a temperature of ", temperature);
  const size_t count = std::min(static_cast<size_t>(groups), negatives.size());
  if (count == 0) return 1;
  const double top = std::max(largest(labels), largest(negatives));
  const double own = sum_of_exp(labels, 0, 1, labels.size(), top, temperature);
  const size_t used = negatives.size() / count * count;
  double sum = 0;
  for (size_t group = 0; group < count; ++group) {
    const double others = sum_of_exp(negatives, group, count, used, top, temperature);
    sum += own + others > 0 ? own / (own + others) : 0;
  }
  return sum / static_cast<double>(count);
}

std::vector<int64_t> mine_negatives(Backend& backend, TensorView words, TensorView labels) {
  std::vector<double> nearness;
  std::vector<float> row;
  for_each_row(backend, words, labels, [&](std::span<const float> cosines) {
    row.assign(cosines.begin(), cosines.end());
    nearness.push_back(quantile(row, kNegMiningQuantile));
  });
  std::vector<int64_t> order(nearness.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return nearness[static_cast<size_t>(a)] < nearness[static_cast<size_t>(b)];
  });
  order.resize(static_cast<size_t>(kNegMiningPart * static_cast<double>(order.size())));
  return order;
}

double even_threshold(int64_t negatives) {
  const auto groups = static_cast<double>(groups_of(negatives));
  return groups / (groups + 1);
}

Tensor take_rows(TensorView rows, std::span<const int64_t> which) {
  Tensor taken = Tensor::empty({static_cast<int64_t>(which.size()), rows.shape()[1]});
  for (size_t i = 0; i < which.size(); ++i) {
    const auto from = rows.row<float>(which[i]);
    std::copy(from.begin(), from.end(), taken.row<float>(static_cast<int64_t>(i)).begin());
  }
  return taken;
}

std::vector<double> reject_scores(Backend& backend, RejectScore score, TensorView features, TensorView labels,
                                  TensorView negatives, double logit_scale) {
  const bool with_negatives = score == RejectScore::kNegLabel && negatives.shape()[0] > 0;
  const auto own = static_cast<size_t>(labels.shape()[0]);
  const int64_t others = with_negatives ? negatives.shape()[0] : 0;
  const int64_t groups = groups_of(others);
  const Tensor unit = Tensor::empty(features.shape());
  const Tensor texts = Tensor::empty({labels.shape()[0] + others, labels.shape()[1]});
  std::copy_n(labels.data<float>(), labels.num_elements(), texts.data<float>());
  if (with_negatives)
    std::copy_n(negatives.data<float>(), negatives.num_elements(), texts.row<float>(labels.shape()[0]).data());
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = features, .y = unit}); });
  std::vector<double> scores, cosines;
  for_each_row(backend, unit, texts, [&](std::span<const float> row) {
    cosines.assign(row.begin(), row.end());
    const auto with_labels = std::span(cosines).first(own), with_others = std::span(cosines).subspan(own);
    switch (score) {
      case RejectScore::kMcm:
        return scores.push_back(mcm_score(with_labels, 1));
      case RejectScore::kProbability:
        return scores.push_back(mcm_score(with_labels, 1 / logit_scale));
      case RejectScore::kCosine:
        return scores.push_back(largest(with_labels));
      case RejectScore::kNegLabel:
        return scores.push_back(neglabel_score(with_labels, with_others, 1 / logit_scale, groups));
    }
  });
  return scores;
}

}  // namespace clipkit
