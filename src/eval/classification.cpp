#include "eval/classification.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <thread>

#include "base/check.h"
#include "data/on_threads.h"
#include "eval/metrics.h"

namespace clipkit {

namespace {

// What is counted, and from which every metric follows for any weights of the pictures.
class Judged {
 public:
  explicit Judged(const ScoredPictures& scored) : num_classes_(scored.scores.shape()[1]) {
    CLIPKIT_CHECK(scored.scores.shape()[0] == static_cast<int64_t>(scored.labels.size()), scored.scores.shape()[0],
                  " rows of scores for ", scored.labels.size(), " pictures");
    for (size_t i = 0; i < scored.labels.size(); ++i) {
      const std::span<const double> scores = scored.scores.row<double>(static_cast<int64_t>(i));
      for (const double score : scores) CLIPKIT_CHECK(!std::isnan(score), "the scores of picture ", i, " are NaN");
      int64_t rank = num_classes_;
      int32_t right = -1;
      for (const int32_t label : scored.labels[i].present) {
        const int64_t own = rank_among(scores, label);
        if (own < rank) right = label;
        rank = std::min(rank, own);
      }
      ranks_.push_back(rank);
      right_.push_back(right);
    }
  }

  size_t size() const noexcept { return ranks_.size(); }
  int64_t rank(size_t picture) const { return ranks_[picture]; }
  int32_t right(size_t picture) const { return right_[picture]; }  // -1: it has no label

  double top(int64_t k, std::span<const uint32_t> weights) const {
    double right = 0, all = 0;
    for (size_t i = 0; i < size(); ++i) {
      if (right_[i] < 0) continue;
      const double weight = weights.empty() ? 1 : weights[i];
      all += weight;
      right += ranks_[i] < k ? weight : 0;
    }
    return all > 0 ? right / all : kNoMeaning;
  }

  // Classes that no picture has do not count.
  double mean_per_class(std::span<const uint32_t> weights) const {
    std::vector<double> right(static_cast<size_t>(num_classes_), 0), all = right;
    for (size_t i = 0; i < size(); ++i) {
      if (right_[i] < 0) continue;
      const double weight = weights.empty() ? 1 : weights[i];
      all[static_cast<size_t>(right_[i])] += weight;
      right[static_cast<size_t>(right_[i])] += ranks_[i] < 1 ? weight : 0;
    }
    double sum = 0, classes = 0;
    for (size_t c = 0; c < all.size(); ++c) {
      if (all[c] == 0) continue;
      sum += right[c] / all[c];
      classes += 1;
    }
    return classes > 0 ? sum / classes : kNoMeaning;
  }

 private:
  int64_t num_classes_;
  std::vector<int64_t> ranks_;
  std::vector<int32_t> right_;
};

Ranking ranking_of(const ScoredPictures& scored, size_t c) {
  const size_t pictures = scored.labels.size();
  std::vector<double> column(pictures);
  std::vector<Relevance> relevance(pictures, Relevance::kNo);
  for (size_t i = 0; i < pictures; ++i) {
    column[i] = scored.scores.row<double>(static_cast<int64_t>(i))[c];
    const auto has = [&](const std::vector<int32_t>& labels) {
      return std::find(labels.begin(), labels.end(), static_cast<int32_t>(c)) != labels.end();
    };
    if (has(scored.labels[i].ignored)) relevance[i] = Relevance::kIgnored;
    if (has(scored.labels[i].present)) relevance[i] = Relevance::kYes;
  }
  return {column, relevance};
}

// Of all classes: as many entries as scores, which is for the bootstrap of sets with few classes.
std::vector<Ranking> rankings_of(const ScoredPictures& scored) {
  std::vector<Ranking> rankings;
  for (size_t c = 0; c < static_cast<size_t>(scored.scores.shape()[1]); ++c) rankings.push_back(ranking_of(scored, c));
  return rankings;
}

// Of each class.
struct AveragePrecisions {
  std::vector<double> points_11, all_points;
};

// One ranking at a time for each thread: those of 1000 classes and 50,000 pictures together are 800 MB.
AveragePrecisions average_precisions(const ScoredPictures& scored) {
  const int64_t classes = scored.scores.shape()[1];
  AveragePrecisions result{std::vector<double>(static_cast<size_t>(classes)), {}};
  result.all_points = result.points_11;
  on_threads(classes, static_cast<int>(std::max(1U, std::thread::hardware_concurrency())), [&](int64_t c) {
    const Ranking ranking = ranking_of(scored, static_cast<size_t>(c));
    result.points_11[static_cast<size_t>(c)] = ranking.average_precision_11();
    result.all_points[static_cast<size_t>(c)] = ranking.average_precision();
  });
  return result;
}

// Of two classes, by how much the second scores above the first.
Ranking second_class(const ScoredPictures& scored) {
  CLIPKIT_CHECK(scored.scores.shape()[1] == 2, "the area under the ROC curve is defined for 2 classes, there are ",
                scored.scores.shape()[1]);
  std::vector<double> difference;
  std::vector<Relevance> relevance;
  for (size_t i = 0; i < scored.labels.size(); ++i) {
    const auto row = scored.scores.row<double>(static_cast<int64_t>(i));
    difference.push_back(row[1] - row[0]);
    const auto& labels = scored.labels[i].present;
    relevance.push_back(labels.empty() ? Relevance::kIgnored : labels[0] == 1 ? Relevance::kYes : Relevance::kNo);
  }
  return {difference, relevance};
}

double mean_with_meaning(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double one : values) {
    if (std::isnan(one)) continue;
    sum += one;
    count += 1;
  }
  return count > 0 ? sum / count : kNoMeaning;
}

using Metric = std::function<double(std::span<const uint32_t> weights)>;

// Everything borrowed must outlive it.
Metric metric_of(EvalMetric metric, const Judged& judged, const std::vector<Ranking>& rankings,
                 const std::optional<Ranking>& second) {
  switch (metric) {
    case EvalMetric::kAccuracy:
      return [&](auto weights) { return judged.top(1, weights); };
    case EvalMetric::kMeanPerClass:
      return [&](auto weights) { return judged.mean_per_class(weights); };
    case EvalMetric::kMeanTop1Top5:
      return [&](auto weights) { return (judged.top(1, weights) + judged.top(5, weights)) / 2; };
    case EvalMetric::kMap11:
      return [&](auto weights) {
        std::vector<double> values;
        for (const Ranking& ranking : rankings) values.push_back(ranking.average_precision_11(weights));
        return mean_with_meaning(values);
      };
    case EvalMetric::kRocAuc:
      return [&](auto weights) { return second ? second->roc_auc(weights) : kNoMeaning; };
  }
  fail(ErrorCode::kInvalidArgument, "unknown metric");
}

void add_classes(const ScoredPictures& scored, const Judged& judged, const AveragePrecisions& precisions,
                 const std::vector<std::string>& names, ClassificationScores& result) {
  std::map<std::pair<int32_t, int32_t>, int64_t> confusions;
  std::vector<int64_t> pictures(names.size(), 0), right(names.size(), 0);
  for (size_t i = 0; i < judged.size(); ++i) {
    const int32_t label = judged.right(i);
    if (label < 0) continue;
    ++pictures[static_cast<size_t>(label)];
    right[static_cast<size_t>(label)] += judged.rank(i) == 0;
    ++confusions[{label, predicted_class(scored.scores.row<double>(static_cast<int64_t>(i)))}];
  }
  for (size_t c = 0; c < names.size(); ++c) {
    ClassificationScores::OfClass of{.name = names[c], .pictures = pictures[c]};
    of.accuracy = pictures[c] > 0 ? static_cast<double>(right[c]) / static_cast<double>(pictures[c]) : kNoMeaning;
    of.average_precision_11 = precisions.points_11[c];
    result.classes.push_back(std::move(of));
  }
  std::vector<int64_t> most(names.size(), 0);
  for (const auto& [pair, count] : confusions) {
    result.confusions.push_back({pair.first, pair.second, count});
    const auto label = static_cast<size_t>(pair.first);
    if (pair.first == pair.second || count <= most[label]) continue;
    most[label] = count;
    result.classes[label].most_confused = pair.second;
  }
}

}  // namespace

int32_t predicted_class(std::span<const double> scores) noexcept {
  return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::vector<double> probabilities_of(std::span<const double> scores) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  std::vector<double> result;
  double sum = 0;
  for (const double score : scores) sum += result.emplace_back(std::exp(score - largest));
  for (double& value : result) value /= sum;
  return result;
}

ClassificationScores classification_scores(const ScoredPictures& scored, const std::vector<std::string>& class_names,
                                           EvalMetric metric, const BootstrapOptions& bootstrap) {
  CLIPKIT_CHECK(scored.scores.shape()[1] == static_cast<int64_t>(class_names.size()), scored.scores.shape()[1],
                " scores a picture for ", class_names.size(), " classes");
  const Judged judged(scored);
  std::vector<Ranking> rankings;
  std::optional<Ranking> second;
  if (metric == EvalMetric::kMap11) rankings = rankings_of(scored);
  if (class_names.size() == 2 || metric == EvalMetric::kRocAuc) second = second_class(scored);
  const auto estimate = [&](const Metric& of) {
    const Interval interval = bootstrap_interval(static_cast<int64_t>(judged.size()), of, bootstrap);
    return Estimate{of({}), interval.low, interval.high};
  };
  ClassificationScores result;
  result.metric = to_string(metric);
  result.score = estimate(metric_of(metric, judged, rankings, second));
  result.top1 = estimate(metric_of(EvalMetric::kAccuracy, judged, rankings, second));
  result.top5 = estimate([&](auto weights) { return judged.top(5, weights); });
  result.mean_per_class = estimate(metric_of(EvalMetric::kMeanPerClass, judged, rankings, second));
  const AveragePrecisions precisions = average_precisions(scored);
  result.map_11 = mean_with_meaning(precisions.points_11);
  result.map = mean_with_meaning(precisions.all_points);
  if (second) result.roc_auc = second->roc_auc();

  std::vector<double> confidences;
  std::vector<uint8_t> right;
  for (size_t i = 0; i < judged.size(); ++i) {
    if (judged.right(i) < 0) continue;
    const std::vector<double> p = probabilities_of(scored.scores.row<double>(static_cast<int64_t>(i)));
    confidences.push_back(*std::max_element(p.begin(), p.end()));
    right.push_back(judged.rank(i) == 0);
  }
  const std::vector<CalibrationBin> bins = calibration_bins(confidences, right);
  result.calibration_error = expected_calibration_error(bins);
  for (const CalibrationBin& bin : bins) result.calibration.push_back({bin.count, bin.confidence, bin.accuracy});
  add_classes(scored, judged, precisions, class_names, result);
  return result;
}

double classification_score(const ScoredPictures& scored, EvalMetric metric) {
  const Judged judged(scored);
  std::vector<Ranking> rankings;
  std::optional<Ranking> second;
  if (metric == EvalMetric::kMap11) rankings = rankings_of(scored);
  if (metric == EvalMetric::kRocAuc) second = second_class(scored);
  return metric_of(metric, judged, rankings, second)({});
}

}  // namespace clipkit
