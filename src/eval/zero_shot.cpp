#include "eval/zero_shot.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/compute_thread.h"
#include "eval/class_prompts.h"
#include "eval/classification.h"
#include "eval/labelled_pictures.h"
#include "eval/mean_of_draws.h"
#include "eval/picture_features.h"
#include "eval/zero_shot_classifier.h"

namespace clipkit {

namespace {

std::vector<ZeroShotResult::Mistake> surest_mistakes(const LabelledSet& set, const PictureFeatures& features,
                                                     const ScoredPictures& scored, int wanted) {
  struct Wrong {
    double probability;
    size_t row;
  };
  std::vector<Wrong> wrong;
  for (size_t i = 0; i < scored.labels.size(); ++i) {
    const auto scores = scored.scores.row<double>(static_cast<int64_t>(i));
    const auto& right = scored.labels[i].present;
    const int32_t predicted = predicted_class(scores);
    if (right.empty() || std::find(right.begin(), right.end(), predicted) != right.end()) continue;
    wrong.push_back({probabilities_of(scores)[static_cast<size_t>(predicted)], i});
  }
  const auto kept = std::min(wrong.size(), static_cast<size_t>(std::max(0, wanted)));
  std::partial_sort(wrong.begin(), wrong.begin() + static_cast<std::ptrdiff_t>(kept), wrong.end(),
                    [](const Wrong& a, const Wrong& b) {
                      return a.probability != b.probability ? a.probability > b.probability : a.row < b.row;
                    });
  std::vector<ZeroShotResult::Mistake> mistakes;
  for (size_t i = 0; i < kept; ++i) {
    const auto scores = scored.scores.row<double>(static_cast<int64_t>(wrong[i].row));
    LabelledPicture picture = set.reader->read(features.pictures[wrong[i].row]);
    ZeroShotResult::Mistake mistake{.picture = picture.name, .file = {}};
    mistake.right = scored.labels[wrong[i].row].present.front();
    mistake.predicted = predicted_class(scores);
    mistake.probability_right = probabilities_of(scores)[static_cast<size_t>(mistake.right)];
    mistake.probability_predicted = wrong[i].probability;
    mistake.file = thumbnail(std::move(picture));
    mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

}  // namespace

Tensor zero_shot_logits(Backend& backend, const Tensor& features, const Tensor& classifier, double scale) {
  const Shape shape = {features.shape()[0], classifier.shape()[0]};
  const Tensor unit = Tensor::empty(features.shape()), cosines = Tensor::empty(shape);
  run_on_compute_thread([&] {
    ops::normalize_rows(backend, {.x = features, .y = unit});
    ops::similarity(backend, {.a = unit, .b = classifier, .c = cosines});
  });
  Tensor logits = Tensor::empty(shape, DType::kFloat64);
  std::transform(cosines.span<float>().begin(), cosines.span<float>().end(), logits.span<double>().begin(),
                 [&](float cosine) { return scale * static_cast<double>(cosine); });
  return logits;
}

std::vector<std::vector<std::string>> prompts_for(const ZeroShotOptions& options, const LabelledSet& set,
                                                  std::vector<std::string>& templates) {
  const size_t classes = set.classes.size();
  CLIPKIT_CHECK(options.prompts.empty() || (options.templates.empty() && options.class_names.empty()),
                "prompts of each class take the place of templates and names: give one or the other");
  CLIPKIT_CHECK(options.class_names.empty() || options.class_names.size() == classes, options.class_names.size(),
                " class names for the ", classes, " classes of ", set.title);
  if (!options.prompts.empty()) return read_class_prompts(options.prompts, set.classes);
  templates = options.templates.empty() ? set.templates : options.templates;
  if (templates.empty()) templates = {"a photo of a {}."};
  return class_prompts(options.class_names.empty() ? set.classes : options.class_names, templates);
}

bool ZeroShotAnswers::is_right(size_t row) const {
  const auto& right = labels[row].present;
  const int32_t answer = predicted_class(logits.row<double>(static_cast<int64_t>(row)));
  return std::find(right.begin(), right.end(), answer) != right.end();
}

void ZeroShotAnswers::describe_in(const LabelledSet& set, EvalOrigin& origin) const {
  describe(set, features, origin);
  origin.layer = "features";
  origin.cut_texts = cut_texts;
  origin.prompts_sha256 = prompts_sha256;
}

ZeroShotAnswers zero_shot_answers(const ZeroShotOptions& options, const LabelledSet& set, const Encoder& encoder,
                                  double logit_scale, const std::filesystem::path& cache,
                                  const EvalCallbacks& callbacks) {
  ZeroShotAnswers answers;
  const auto prompts = prompts_for(options, set, answers.templates);
  for (const auto& texts : prompts) answers.prompts += static_cast<int64_t>(texts.size());
  answers.classifier = cached_classifier(encoder, prompts, cache, [&](int64_t done) {
    if (callbacks.progress) callbacks.progress("prompts", done, answers.prompts);
    if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "prompts: stopped");
  });
  answers.cut_texts = count_cut(encoder, prompts);
  answers.prompts_sha256 = prompts_digest(prompts);
  answers.features = picture_features(
      pictures_of(set), encoder, {.cache = cache, .threads = options.input.threads, .what = "pictures"}, callbacks);
  answers.labels = labels_of(set, answers.features);
  answers.logits = zero_shot_logits(*encoder.backend, answers.features.x, answers.classifier, logit_scale);
  answers.titles = class_titles(set);
  for (size_t c = 0; c < options.class_names.size(); ++c)
    if (!options.class_names[c].empty()) answers.titles[c] = options.class_names[c].front();
  return answers;
}

ZeroShotResult run_zero_shot(const ZeroShotOptions& options, const LabelledSet& set, const Encoder& encoder,
                             double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                             const EvalCallbacks& callbacks) {
  ZeroShotAnswers answers = zero_shot_answers(options, set, encoder, logit_scale, cache, callbacks);
  ZeroShotResult result;
  result.prompts = answers.prompts;
  result.logit_scale = logit_scale;
  result.scores =
      classification_scores(answers.scored(), answers.titles, set.metric, {.resamples = options.input.resamples});
  result.mistakes = surest_mistakes(set, answers.features, answers.scored(), options.num_mistakes);
  answers.describe_in(set, origin);
  result.templates = std::move(answers.templates);
  result.origin = std::move(origin);
  return result;
}

std::vector<LabelledSet> open_test_splits(const EvalInput& input) {
  std::vector<LabelledSet> splits;
  splits.push_back(open_labelled_set(input.data, input.split));
  if (!input.split.empty()) return splits;
  for (const Fold& fold : std::vector<Fold>(splits.front().folds)) {
    const bool is_open =
        std::any_of(splits.begin(), splits.end(), [&](const LabelledSet& set) { return set.split == fold.test; });
    if (!is_open) splits.push_back(open_labelled_set(input.data, fold.test));
  }
  return splits;
}

ZeroShotResult run_zero_shot_folds(const ZeroShotOptions& options, const std::vector<LabelledSet>& splits,
                                   const Encoder& encoder, double logit_scale, const std::filesystem::path& cache,
                                   const EvalOrigin& origin, const EvalCallbacks& callbacks) {
  ZeroShotResult result = run_zero_shot(options, splits.front(), encoder, logit_scale, cache, origin, callbacks);
  if (splits.size() == 1) return result;
  std::vector<double> scores;
  for (const LabelledSet& set : splits) {
    const bool first = &set == &splits.front();
    const ZeroShotResult one =
        first ? ZeroShotResult{} : run_zero_shot(options, set, encoder, logit_scale, cache, origin, callbacks);
    const ZeroShotResult& of = first ? result : one;
    scores.push_back(of.scores.score.value);
    result.folds.push_back({.test_split = set.split, .test_sha256 = of.origin.data_sha256, .score = scores.back()});
    add_unreadable_of_fold(one.origin, result.origin);
  }
  result.over_folds = mean_of_draws(scores);
  return result;
}

}  // namespace clipkit
