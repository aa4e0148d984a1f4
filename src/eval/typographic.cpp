#include "eval/typographic.h"

#include <algorithm>

#include "base/check.h"
#include "base/random.h"
#include "eval/bootstrap.h"
#include "eval/labelled_pictures.h"
#include "eval/write_word.h"
#include "eval/zero_shot.h"

namespace clipkit {

int32_t wrong_class(const PictureLabels& labels, int64_t num_classes, uint64_t seed, int64_t picture) {
  std::vector<int32_t> wrong;
  const auto has = [](const std::vector<int32_t>& some, int32_t c) {
    return std::find(some.begin(), some.end(), c) != some.end();
  };
  for (int32_t c = 0; c < num_classes; ++c)
    if (!has(labels.present, c) && !has(labels.ignored, c)) wrong.push_back(c);
  if (wrong.empty()) return -1;
  return wrong[Random(seed, RandomUse::kWrongWords, 0, static_cast<uint64_t>(picture)).below(wrong.size())];
}

TypographicResult run_typographic(const TypographicOptions& options, const LabelledSet& set, const Encoder& encoder,
                                  double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                                  const EvalCallbacks& callbacks) {
  CLIPKIT_CHECK(set.classes.size() > 1, set.title, ": has one class: there is no wrong one to write");
  const auto num_classes = static_cast<int64_t>(set.classes.size());
  const ZeroShotOptions zero_shot{.input = options.input, .templates = options.templates};
  const ZeroShotAnswers before = zero_shot_answers(zero_shot, set, encoder, logit_scale, cache, callbacks);

  const auto attacked = [&](int64_t index) {
    LabelledPicture picture = set.reader->read(index);
    const int32_t word = wrong_class(picture.labels, num_classes, options.seed, index);
    Image image = resize_and_crop(decode_picture(picture), encoder.preprocess);
    Random random(options.seed, RandomUse::kWrongWords, 1, static_cast<uint64_t>(index));
    if (word >= 0) write_word(image, before.titles[static_cast<size_t>(word)], random);
    return LabelledPicture{.name = std::move(picture.name), .image = std::move(image), .labels = picture.labels};
  };
  PictureSource source = pictures_of(set);
  source.name += concat(", with wrong words, seed ", options.seed);
  source.read = attacked;
  const PictureFeatures features = picture_features(
      source, encoder, {.cache = cache, .threads = options.input.threads, .what = "pictures with words"}, callbacks);
  if (features.pictures != before.features.pictures)
    fail(ErrorCode::kCorrupt, set.path, ": pictures could be read once and not again");
  const Tensor logits = zero_shot_logits(*encoder.backend, features.x, before.classifier, logit_scale);

  TypographicResult result;
  std::vector<uint8_t> right_before, right_after, word_before, word_after, fooled;
  for (size_t row = 0; row < before.labels.size(); ++row) {
    const PictureLabels& labels = before.labels[row];
    const int32_t word = wrong_class(labels, num_classes, options.seed, features.pictures[row]);
    if (labels.present.empty() || word < 0) continue;
    const auto scores = logits.row<double>(static_cast<int64_t>(row));
    const int32_t first = predicted_class(before.logits.row<double>(static_cast<int64_t>(row)));
    const int32_t now = predicted_class(scores);
    const auto is_right = [&](int32_t answer) {
      return std::find(labels.present.begin(), labels.present.end(), answer) != labels.present.end();
    };
    right_before.push_back(is_right(first));
    right_after.push_back(is_right(now));
    word_before.push_back(first == word);
    word_after.push_back(now == word);
    if (!is_right(first)) continue;
    fooled.push_back(now == word);
    if (now != word) continue;
    const std::vector<double> probabilities = probabilities_of(scores);
    result.pictures.push_back({.picture = concat(features.pictures[row]),
                               .right = labels.present.front(),
                               .written = word,
                               .probability_right = probabilities[static_cast<size_t>(labels.present.front())],
                               .probability_written = probabilities[static_cast<size_t>(word)]});
  }
  std::stable_sort(result.pictures.begin(), result.pictures.end(),
                   [](const auto& a, const auto& b) { return a.probability_written > b.probability_written; });
  result.pictures.resize(std::min(result.pictures.size(), static_cast<size_t>(std::max(0, options.num_pictures))));
  for (auto& one : result.pictures) {
    LabelledPicture picture = attacked(std::stoll(one.picture));
    one.picture = picture.name;
    one.file = thumbnail(std::move(picture));
  }
  const BootstrapOptions bootstrap{.resamples = options.input.resamples};
  result.before = bootstrap_rate(right_before, bootstrap);
  result.after = bootstrap_rate(right_after, bootstrap);
  result.word_before = bootstrap_rate(word_before, bootstrap);
  result.word_after = bootstrap_rate(word_after, bootstrap);
  result.fooled = bootstrap_rate(fooled, bootstrap);
  result.templates = before.templates;
  result.classes = before.titles;
  result.seed = options.seed;
  before.describe_in(set, origin);
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
