#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

// How good scores are (evaluation.md section 3). All sums are taken in double and in a fixed order.

namespace clipkit {

// The number of scores that come before `right` when they are sorted downwards, equal ones by index: 0 for the top-1
// prediction, less than 5 for a right answer among the top 5.
template <class T>
int64_t rank_among(std::span<const T> scores, int64_t right) noexcept {
  const T own = scores[static_cast<size_t>(right)];
  int64_t before = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    before += scores[i] > own || (scores[i] == own && static_cast<int64_t>(i) < right);
  return before;
}

// What a score is where it has no meaning, such as the accuracy of a class without pictures.
inline constexpr double kNoMeaning = std::numeric_limits<double>::quiet_NaN();

enum class Relevance : uint8_t { kNo, kYes, kIgnored };

// One class's items in the order of their scores, downwards, equal ones by index; ignored ones left out.
// Weights count each item so many times (bootstrap); empty: once.
class Ranking {
 public:
  // scores and relevance have one length. Errors: kInvalidArgument for a score that is NaN.
  Ranking(std::span<const double> scores, std::span<const Relevance> relevance);

  // The mean, over r = 0, 0.1, ..., 1, of the largest precision at a recall of r or more (PASCAL VOC 2007).
  double average_precision_11(std::span<const uint32_t> weights = {}) const;
  // The mean, over the relevant items, of the precision when that item has been reached.
  double average_precision(std::span<const uint32_t> weights = {}) const;
  // The probability that a relevant item scores above one that is not; ties count half.
  double roc_auc(std::span<const uint32_t> weights = {}) const;
  // The part of the others that scores at least as high as the largest threshold that so many of the relevant items
  // reach: with a recall of 0.95 the "false positive rate at 95 % true positive rate".
  double false_positive_rate(double recall, std::span<const uint32_t> weights = {}) const;
  // Each of these is kNoMeaning without relevant items, for the last two also without others.

 private:
  struct Item {
    uint32_t index;  // in the caller's order
    bool relevant;
    double score;
  };
  std::vector<Item> items_;
};

// The mean distance between how sure and how right (Guo et al. 2017): confidences of (0, 1] in `bins` equal bins, the
// bins weighted by their number of items. 0 for no items.
struct CalibrationBin {
  int64_t count = 0;
  double confidence = 0, accuracy = 0;  // means
};
std::vector<CalibrationBin> calibration_bins(std::span<const double> confidences, std::span<const uint8_t> right,
                                             int bins = 15);
double expected_calibration_error(std::span<const CalibrationBin> bins) noexcept;

}  // namespace clipkit
