#include "eval/reject_run.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "eval/classification.h"
#include "eval/conformal.h"
#include "eval/labelled_pictures.h"
#include "eval/picture_features.h"
#include "eval/reject_estimates.h"
#include "eval/reject_scores.h"
#include "eval/reject_words.h"
#include "eval/zero_shot.h"
#include "eval/zero_shot_classifier.h"

namespace clipkit {

namespace {

// All that a draw judges: the pictures of the known set and, behind them, those of the other one.
struct Pictures {
  PictureFeatures known, unknown;
  std::vector<PictureLabels> labels;  // of the known
  Tensor x;                           // of all

  int64_t num_known() const { return std::ssize(known.pictures); }
  int64_t num_unknown() const { return std::ssize(unknown.pictures); }
  LabelledPicture read(const RejectSets& sets, int64_t row) const {
    if (row < num_known()) return sets.known.reader->read(known.pictures[static_cast<size_t>(row)]);
    return sets.unknown->reader->read(unknown.pictures[static_cast<size_t>(row - num_known())]);
  }
};

Pictures pictures_of(const RejectOptions& options, const RejectSets& sets, const Encoder& encoder,
                     const std::filesystem::path& cache, const EvalCallbacks& callbacks) {
  const auto encode = [&](const LabelledSet& set, const char* what) {
    return picture_features(clipkit::pictures_of(set), encoder,
                            {.cache = cache, .threads = options.input.threads, .what = what}, callbacks);
  };
  Pictures all{encode(sets.known, "pictures"), {}, {}, {}};
  all.labels = labels_of(sets.known, all.known);
  if (!sets.unknown) {
    all.x = Tensor::copy_of(all.known.x);
    return all;
  }
  all.unknown = encode(*sets.unknown, "unknown pictures");
  all.x = Tensor::empty({all.num_known() + all.num_unknown(), all.known.x.shape()[1]});
  std::copy_n(all.known.x.data<float>(), all.known.x.num_elements(), all.x.data<float>());
  std::copy_n(all.unknown.x.data<float>(), all.unknown.x.num_elements(), all.x.row<float>(all.num_known()).data());
  return all;
}

std::vector<std::string> names_of(const LabelledSet& set) {
  std::vector<std::string> names;
  for (const auto& of_class : set.classes) names.insert(names.end(), of_class.begin(), of_class.end());
  return names;
}

void check_size(size_t pictures, double coverage) {
  const double least = std::ceil(coverage / (1 - coverage) - 1e-9);
  CLIPKIT_CHECK(static_cast<double>(pictures) >= least, pictures, " known pictures to calibrate on; a coverage of ",
                coverage, " needs at least ", least);
}

// The unknown pictures with the largest scores. logits: of the labels that are given.
std::vector<RejectResult::Mistake> most_like_labels(const RejectSets& sets, const Pictures& pictures,
                                                    const RejectDraw& draw, const std::vector<double>& scores,
                                                    const Tensor& logits, int wanted) {
  std::vector<int64_t> order = draw.unknown;
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
  });
  order.resize(std::min(order.size(), static_cast<size_t>(std::max(0, wanted))));
  const std::vector<std::string> titles = class_titles(sets.known);
  std::vector<RejectResult::Mistake> mistakes;
  for (const int64_t row : order) {
    LabelledPicture picture = pictures.read(sets, row);
    const auto nearest = draw.given[static_cast<size_t>(predicted_class(logits.row<double>(row)))];
    RejectResult::Mistake& made = mistakes.emplace_back();
    made.picture = picture.name;
    made.label = titles[static_cast<size_t>(nearest)];
    made.score = scores[static_cast<size_t>(row)];
    made.file = thumbnail(std::move(picture));
  }
  return mistakes;
}

}  // namespace

RejectSets open_reject_sets(const RejectOptions& options) {
  CLIPKIT_CHECK((options.hold_out > 0) != !options.unknown.empty(),
                "unknown pictures come from classes that are held out or from another set: one or the other");
  CLIPKIT_CHECK(options.coverage > 0 && options.coverage < 1, "a coverage of ", options.coverage,
                ", expected one between 0 and 1");
  CLIPKIT_CHECK(options.draws >= 1 && options.draws <= 1000, options.draws, " draws, expected 1 to 1000");
  RejectSets sets{open_labelled_set(options.input.data, options.input.split), {}};
  if (!options.unknown.empty()) sets.unknown = open_labelled_set(options.unknown, options.unknown_split);
  num_held_out(options.hold_out, std::ssize(sets.known.classes));
  return sets;
}

RejectResult run_reject(const RejectOptions& options, const RejectSets& sets, const Encoder& encoder,
                        double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                        const EvalCallbacks& callbacks) {
  RejectResult result;
  Backend& backend = *encoder.backend;
  const auto tell = [&](const char* what, int64_t done, int64_t total) {
    if (callbacks.progress) callbacks.progress(what, done, total);
    if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, what, ": stopped");
  };
  ZeroShotOptions wording;
  wording.templates = options.templates;
  const auto prompts = prompts_for(wording, sets.known, result.templates);
  const Tensor classifier =
      cached_classifier(encoder, prompts, cache, [&](int64_t done) { tell("prompts", done, done); });
  const RejectWords words(encoder, result.templates, cache,
                          [&](int64_t done, int64_t total) { tell("vocabulary", done, total); });
  const Pictures pictures = pictures_of(options, sets, encoder, cache, callbacks);

  const std::vector<std::string> own_names = names_of(sets.known), titles = class_titles(sets.known);
  std::vector<std::string> names = own_names;  // and those of unknown pictures: nobody would have thought of them
  if (sets.unknown) {
    const auto more = names_of(*sets.unknown);
    names.insert(names.end(), more.begin(), more.end());
  }
  const auto classes = std::ssize(sets.known.classes);
  const size_t draws = sets.unknown ? 1 : static_cast<size_t>(options.draws);
  std::vector<ScoreOfDraws> scores;
  for (const RejectScore score : kRejectScores)
    scores.emplace_back(score, options.coverage, draws, options.input.resamples);
  SetsOfDraws prediction_sets(options.coverage, draws, options.input.resamples);
  for (size_t number = 0; number < draws; ++number) {
    const RejectDraw draw =
        draw_unknown(number, num_held_out(options.hold_out, classes), classes, pictures.labels, pictures.num_unknown());
    check_size(draw.calibration.size(), options.coverage);
    CLIPKIT_CHECK(!draw.known.empty() && !draw.unknown.empty(), "draw ", number, " has ", draw.known.size(),
                  " known and ", draw.unknown.size(), " unknown pictures, expected some of each");
    const Tensor labels = take_rows(classifier, draw.given), negatives = words.negatives(backend, labels, names);
    const Tensor logits = zero_shot_logits(backend, pictures.x, labels, logit_scale);
    for (size_t i = 0; i < scores.size(); ++i) {
      const std::vector<double> all =
          reject_scores(backend, kRejectScores[i], pictures.x, labels, negatives, logit_scale);
      scores[i].add(draw, all);
      if (number == 0 && kRejectScores[i] == options.score)
        result.mistakes = most_like_labels(sets, pictures, draw, all, logits, options.num_mistakes);
    }
    prediction_sets.add(draw, pictures.labels, logits);
    RejectResult::Draw& made = result.draws.emplace_back();
    for (const int64_t c : draw.held_out) made.held_out.push_back(titles[static_cast<size_t>(c)]);
    made.calibration = std::ssize(draw.calibration);
    made.known = std::ssize(draw.known);
    made.unknown = std::ssize(draw.unknown);
    tell("draws", static_cast<int64_t>(number) + 1, static_cast<int64_t>(draws));
  }
  for (const ScoreOfDraws& score : scores) result.scores.push_back(score.result());
  result.sets = prediction_sets.result();

  const std::vector<double> all = reject_scores(backend, options.score, pictures.known.x, classifier,
                                                words.negatives(backend, classifier, own_names), logit_scale);
  std::vector<double> calibration;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!pictures.labels[i].present.empty()) calibration.push_back(all[i]);
  }
  result.rule = {.score = options.score,
                 .threshold = conformal_threshold(calibration, options.coverage),
                 .coverage = options.coverage,
                 .pictures = std::ssize(calibration),
                 .labels = classes,
                 .data = options.input.data,
                 .version = origin.version,
                 .model_sha256 = origin.model_sha256,
                 .prompts_sha256 = digest_in_any_order(prompts),
                 .vocabulary_sha256 = words.sha256()};
  result.coverage = options.coverage;
  result.words = words.size();
  describe(sets.known, pictures.known, origin);
  if (sets.unknown) {
    result.unknown_data = options.unknown;
    result.unknown_title = sets.unknown->title;
    result.unknown_sha256 = pictures.unknown.sha256;
    add_unreadable(*sets.unknown, pictures.unknown, origin);
  }
  origin.layer = "features";
  origin.cut_texts = count_cut(encoder, prompts);
  origin.prompts_sha256 = prompts_digest(prompts);
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
