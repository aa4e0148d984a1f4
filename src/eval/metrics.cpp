#include "eval/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace clipkit {

namespace {

double weight_of(std::span<const uint32_t> weights, uint32_t index) {
  return weights.empty() ? 1 : weights[index];
}

}  // namespace

Ranking::Ranking(std::span<const double> scores, std::span<const Relevance> relevance) {
  CLIPKIT_CHECK(scores.size() == relevance.size() && scores.size() < UINT32_MAX, scores.size(), " scores for ",
                relevance.size(), " items");
  for (size_t i = 0; i < scores.size(); ++i) {
    CLIPKIT_CHECK(!std::isnan(scores[i]), "the score of item ", i, " is NaN");
    if (relevance[i] == Relevance::kIgnored) continue;
    items_.push_back({static_cast<uint32_t>(i), relevance[i] == Relevance::kYes, scores[i]});
  }
  std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.score > b.score; });
}

double Ranking::average_precision_11(std::span<const uint32_t> weights) const {
  double relevant = 0;
  for (const Item& item : items_) relevant += item.relevant ? weight_of(weights, item.index) : 0;
  if (relevant == 0) return kNoMeaning;
  // best[i]: the largest precision where the recall is i tenths or more, but less than the next.
  double best[11] = {}, found = 0, seen = 0;
  for (const Item& item : items_) {
    const double weight = weight_of(weights, item.index);
    seen += weight;
    if (!item.relevant || weight == 0) continue;  // elsewhere recall stands still and precision falls
    found += weight;
    const auto tenths = static_cast<size_t>(std::floor(10 * found / relevant));
    best[tenths] = std::max(best[tenths], found / seen);
  }
  double sum = 0, precision = 0;
  for (size_t i = 11; i-- > 0;) {
    precision = std::max(precision, best[i]);
    sum += precision;
  }
  return sum / 11;
}

double Ranking::average_precision(std::span<const uint32_t> weights) const {
  double sum = 0, found = 0, seen = 0;
  for (const Item& item : items_) {
    // An item that counts several times is that many items one after the other.
    const double weight = weight_of(weights, item.index);
    for (double i = 1; item.relevant && i <= weight; ++i) sum += (found + i) / (seen + i);
    found += item.relevant ? weight : 0;
    seen += weight;
  }
  return found > 0 ? sum / found : kNoMeaning;
}

double Ranking::roc_auc(std::span<const uint32_t> weights) const {
  double above = 0, relevant = 0, others = 0;  // pairs with the relevant item above; items so far
  for (size_t begin = 0; begin < items_.size();) {
    double equal_relevant = 0, equal_others = 0;
    size_t end = begin;
    for (; end < items_.size() && items_[end].score == items_[begin].score; ++end)
      (items_[end].relevant ? equal_relevant : equal_others) += weight_of(weights, items_[end].index);
    above += equal_others * (relevant + equal_relevant / 2);
    relevant += equal_relevant;
    others += equal_others;
    begin = end;
  }
  return relevant > 0 && others > 0 ? above / (relevant * others) : kNoMeaning;
}

double Ranking::false_positive_rate(double recall, std::span<const uint32_t> weights) const {
  double relevant = 0, others = 0;
  for (const Item& item : items_) (item.relevant ? relevant : others) += weight_of(weights, item.index);
  if (relevant == 0 || others == 0) return kNoMeaning;
  double found = 0, passed = 0;
  for (size_t begin = 0; begin < items_.size() && found < recall * relevant - 1e-9;) {
    size_t end = begin;
    for (; end < items_.size() && items_[end].score == items_[begin].score; ++end)
      (items_[end].relevant ? found : passed) += weight_of(weights, items_[end].index);
    begin = end;
  }
  return passed / others;
}

std::vector<CalibrationBin> calibration_bins(std::span<const double> confidences, std::span<const uint8_t> right,
                                             int bins) {
  CLIPKIT_CHECK(confidences.size() == right.size() && bins > 0, confidences.size(), " confidences for ", right.size(),
                " items in ", bins, " bins");
  std::vector<CalibrationBin> result(static_cast<size_t>(bins));
  for (size_t i = 0; i < confidences.size(); ++i) {
    CLIPKIT_CHECK(confidences[i] >= 0 && confidences[i] <= 1.0001, "confidence ", confidences[i], ", expected 0 to 1");
    // A confidence on the border belongs to the lower bin, as the intervals (a, b] have it.
    const double place = std::ceil(confidences[i] * bins) - 1;
    CalibrationBin& bin = result[static_cast<size_t>(std::clamp(place, 0.0, bins - 1.0))];
    ++bin.count;
    bin.confidence += confidences[i];
    bin.accuracy += right[i] ? 1 : 0;
  }
  for (CalibrationBin& bin : result) {
    if (bin.count == 0) continue;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return result;
}

double expected_calibration_error(std::span<const CalibrationBin> bins) noexcept {
  double sum = 0, count = 0;
  for (const CalibrationBin& bin : bins) {
    sum += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.confidence);
    count += static_cast<double>(bin.count);
  }
  return count > 0 ? sum / count : 0;
}

}  // namespace clipkit
