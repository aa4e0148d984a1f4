#include "eval/overlap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/compute_thread.h"
#include "data/on_threads.h"
#include "data/sets/registry.h"
#include "eval/binomial.h"
#include "eval/labelled_pictures.h"
#include "eval/nearest_rows.h"
#include "eval/picture_signature.h"
#include "eval/zero_shot.h"
#include "ops/similarity.h"

namespace clipkit {

namespace {

constexpr double kModelThreshold = 0.95, kCoverage = 0.995, kDoubt = 0.05;
constexpr double kThresholds[] = {0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 0.99};

// Whether it names a labelled set, which pairs of any form do not.
bool is_labelled(const std::string& spec) {
  const size_t colon = spec.find(':');
  if (colon == std::string::npos || spec.substr(colon, 2) == "::") return false;
  const std::string key = spec.substr(0, colon);
  return key == "folder" || key == "tar" || key == "csv" || find_registered_set(key) != nullptr;
}

std::string training_split_of(const LabelledSet& test) {
  for (const Fold& fold : test.folds)
    if (fold.test == test.split && !fold.train.empty()) return fold.train;
  return "train";
}

// Of the file's bytes or the pixels alone.
PictureDigest content_digest(const LabelledPicture& picture) {
  LabelledPicture content = picture;
  content.name.clear();
  content.labels = {};
  return digest_of(content);
}

// Which test pictures occur in the training data byte for byte, and where first.
class ExactCopies {
 public:
  ExactCopies(const LabelledSet& set, const std::vector<int64_t>& pictures, int threads) : first_(pictures.size(), -1) {
    std::vector<PictureDigest> digests(pictures.size());
    on_threads(static_cast<int64_t>(pictures.size()), threads, [&](int64_t row) {
      digests[static_cast<size_t>(row)] = content_digest(set.reader->read(pictures[static_cast<size_t>(row)]));
    });
    for (size_t row = 0; row < digests.size(); ++row) rows_[digests[row]].push_back(row);
  }

  // From several threads.
  void look_at(const LabelledPicture& picture, int64_t index) {
    const auto found = rows_.find(content_digest(picture));
    if (found == rows_.end()) return;
    const std::lock_guard lock(mutex_);
    for (const size_t row : found->second) {
      if (first_[row] < 0 || index < first_[row]) first_[row] = index;
    }
  }
  const std::vector<int64_t>& first() const noexcept { return first_; }  // -1: none

 private:
  std::map<PictureDigest, std::vector<size_t>> rows_;  // of each content
  std::vector<int64_t> first_;
  std::mutex mutex_;
};

// The rows of these pictures, as unit vectors; zeros for a picture that has none.
Tensor unit_rows(Backend& backend, const PictureFeatures& features, const std::vector<int64_t>& pictures) {
  Tensor rows = Tensor::zeros({static_cast<int64_t>(pictures.size()), features.x.shape()[1]});
  for (size_t i = 0; i < pictures.size(); ++i) {
    const auto found = std::lower_bound(features.pictures.begin(), features.pictures.end(), pictures[i]);
    if (found == features.pictures.end() || *found != pictures[i]) continue;
    const auto from = features.x.row<float>(found - features.pictures.begin());
    std::copy(from.begin(), from.end(), rows.row<float>(static_cast<int64_t>(i)).begin());
  }
  run_on_compute_thread([&] { ops::normalize_rows(backend, {.x = rows, .y = rows}); });
  return rows;
}

OverlapResult::Part part_of(const ZeroShotAnswers& answers, const std::function<bool(size_t)>& belongs) {
  OverlapResult::Part part;
  for (size_t row = 0; row < answers.labels.size(); ++row) {
    if (answers.labels[row].present.empty() || !belongs(row)) continue;
    ++part.pictures;
    part.right += answers.is_right(row);
  }
  part.accuracy = part.pictures > 0 ? static_cast<double>(part.right) / static_cast<double>(part.pictures)
                                    : std::numeric_limits<double>::quiet_NaN();
  return part;
}

}  // namespace

TrainingPictures open_training_pictures(const OverlapOptions& options, const LabelledSet& test) {
  CLIPKIT_CHECK(!options.train_data.empty(), "there is no training data to compare with");
  if (is_labelled(options.train_data)) {
    const std::string split = options.train_split.empty() ? training_split_of(test) : options.train_split;
    auto set = std::make_shared<LabelledSet>(open_labelled_set(options.train_data, split));
    CLIPKIT_CHECK(set->path != test.path || set->split != test.split, options.train_data, ", split ", set->split,
                  ": is what is tested");
    return {.split = set->split, .source = pictures_of(*set), .owner = set};
  }
  CLIPKIT_CHECK(options.train_split.empty(), options.train_data, ": pairs have no splits");
  const std::shared_ptr<const PairSource> pairs = open_pairs(options.train_data);
  return {.split = {},
          .source = {.name = options.train_data,
                     .size = pairs->size(),
                     .read =
                         [source = pairs.get()](int64_t index) {
                           EncodedPair pair = source->read(index);
                           return LabelledPicture{.name = std::move(pair.name), .file = std::move(pair.picture)};
                         }},
          .owner = pairs};
}

OverlapResult run_overlap(const OverlapOptions& options, const LabelledSet& set, const TrainingPictures& train,
                          const Encoder& encoder, double logit_scale, const std::filesystem::path& cache,
                          EvalOrigin origin, const EvalCallbacks& callbacks) {
  CLIPKIT_CHECK(options.threshold >= 0 && options.threshold <= 1, "a threshold of ", options.threshold,
                ", expected a cosine above 0 and at most 1");
  const bool by_pixels = options.detector == OverlapDetector::kPixels;
  OverlapResult result;
  result.detector = by_pixels ? "pixels" : "model";
  result.threshold = options.threshold > 0 ? options.threshold : by_pixels ? kSignatureThreshold : kModelThreshold;

  const ZeroShotOptions zero_shot{.input = options.input, .templates = options.templates};
  const ZeroShotAnswers answers = zero_shot_answers(zero_shot, set, encoder, logit_scale, cache, callbacks);
  const std::vector<int64_t>& pictures = answers.features.pictures;
  const Encoder signature = signature_encoder(*encoder.backend);
  const Encoder& detector = by_pixels ? signature : encoder;
  PictureFeaturesOptions how{.cache = cache, .threads = options.input.threads, .what = "test signatures"};
  const Tensor rows =
      by_pixels ? unit_rows(*encoder.backend, picture_features(pictures_of(set), detector, how, callbacks), pictures)
                : unit_rows(*encoder.backend, answers.features, pictures);

  const int threads = options.input.threads > 0 ? options.input.threads
                                                : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  ExactCopies exact(set, pictures, threads);
  NearestRows nearest(*encoder.backend, rows);
  PictureSource watched = train.source;
  watched.read = [&](int64_t index) {
    LabelledPicture picture = train.source.read(index);
    exact.look_at(picture, index);
    return picture;
  };
  how.what = "training pictures";
  result.train_sha256 =
      for_each_feature_chunk(watched, detector, how, callbacks, [&](int64_t begin, const FeatureChunk& chunk) {
        result.train_unreadable += static_cast<int64_t>(chunk.errors.size());
        for (const auto& [row, reason] : chunk.errors)
          origin.unreadable.push_back({concat("training picture ", begin + row), reason});
        run_on_compute_thread([&] {  // unreadable pictures are rows of zeros, which are like nothing
          const Tensor unit = Tensor::empty(chunk.x.shape());
          ops::normalize_rows(*encoder.backend, {.x = chunk.x, .y = unit});
          nearest.compare(unit, begin);
        });
      });
  result.train_data = options.train_data;
  result.train_split = train.split;
  result.train_pictures = train.source.size - result.train_unreadable;
  if (result.train_pictures == 0)
    fail(ErrorCode::kCorrupt, train.source.name, ": not one of ", train.source.size, " pictures can be read");

  // Of each test picture its most similar training picture.
  std::vector<OverlapResult::Pair> pairs(pictures.size());
  std::vector<int64_t> of(pictures.size());
  for (size_t row = 0; row < pictures.size(); ++row) {
    pairs[row].exact = exact.first()[row] >= 0;
    pairs[row].cosine = pairs[row].exact ? 1 : static_cast<double>(nearest.nearest()[row].cosine);
    of[row] = pairs[row].exact ? exact.first()[row] : nearest.nearest()[row].index;
    result.exact += pairs[row].exact;
    result.doubtful += !pairs[row].exact && std::abs(pairs[row].cosine - result.threshold) < kDoubt;
  }
  const auto overlaps = [&](double threshold) {
    return [&pairs, threshold](size_t row) { return pairs[row].cosine >= threshold; };
  };
  const auto split_at = [&](double threshold) {
    return OverlapResult::Choice{threshold, part_of(answers, overlaps(threshold)),
                                 part_of(answers, [&](size_t row) { return !overlaps(threshold)(row); })};
  };
  result.all = part_of(answers, [](size_t) { return true; });
  const OverlapResult::Choice chosen = split_at(result.threshold);
  result.overlap = chosen.overlap;
  result.clean = chosen.clean;
  result.contamination_effect = result.all.accuracy - result.clean.accuracy;
  const Interval interval = clopper_pearson(result.overlap.right, result.overlap.pictures, kCoverage);
  result.overlap_low = interval.low;
  result.overlap_high = interval.high;
  if (result.clean.pictures > 0)
    result.p_value = binomial_tail(result.overlap.right, result.overlap.pictures, result.clean.accuracy);
  for (const double threshold : kThresholds) result.choices.push_back(split_at(threshold));

  // The pairs of the overlap, and those about the threshold with their pictures.
  std::vector<size_t> order(pairs.size());
  for (size_t row = 0; row < order.size(); ++row) order[row] = row;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return pairs[a].cosine > pairs[b].cosine; });
  const auto num_overlap = static_cast<size_t>(
      std::count_if(order.begin(), order.end(), [&](size_t row) { return overlaps(result.threshold)(row); }));
  const size_t half = static_cast<size_t>(std::max(0, options.num_pairs)) / 2;
  const size_t first = num_overlap - std::min(half, num_overlap), last = std::min(order.size(), num_overlap + half);
  for (size_t place = 0; place < std::max(num_overlap, last); ++place) {
    OverlapResult::Pair pair = pairs[order[place]];
    const int64_t train_index = of[order[place]];
    if (train_index < 0) continue;
    LabelledPicture test_picture = set.reader->read(pictures[order[place]]);
    LabelledPicture train_picture = train.source.read(train_index);
    pair.test = test_picture.name;
    pair.train = train_picture.name;
    if (place < num_overlap) result.pairs.push_back(pair);
    if (place < first || place >= last) continue;
    pair.picture = side_by_side(std::move(test_picture), std::move(train_picture));
    result.shown.push_back(std::move(pair));
  }
  answers.describe_in(set, origin);
  result.templates = answers.templates;
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
