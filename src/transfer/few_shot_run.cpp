#include "transfer/few_shot_run.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/quote.h"
#include "base/shuffle.h"
#include "eval/classification.h"
#include "eval/labelled_pictures.h"
#include "eval/mean_of_draws.h"
#include "eval/picture_features.h"
#include "eval/zero_shot.h"
#include "eval/zero_shot_classifier.h"
#include "transfer/few_shot_heads.h"
#include "transfer/probe_data.h"

namespace clipkit {

namespace {

// A split's pictures, with what the views need to live.
struct SplitPictures {
  ProbeData plain;
  Tensor unit, zero_shot;
  const LabelledSet* set = nullptr;
  std::vector<int64_t> pictures;

  FewShotPictures all() const { return {plain.x, unit, zero_shot, plain.classes, set, pictures}; }
};

std::vector<std::vector<std::string>> prompts_of(const FewShotOptions& options, const ProbeSets& sets,
                                                 std::vector<std::string>& templates) {
  ZeroShotOptions words;
  words.templates = options.templates;
  return prompts_for(words, sets.test, templates);
}

void add_summary(FewShotResult::Point& point) {
  const Estimate mean = mean_of_draws(point.scores);
  point.mean = mean.value;
  // No score lies beyond; NaN stays.
  point.low = std::max(mean.low, 0.0);
  point.high = std::min(mean.high, 1.0);
}

// The heads that are asked for, in the order of FewShotMethod: the averages come before the fine-tuned towers, so that
// what is trained on all shots for the one serves the other.
std::vector<std::unique_ptr<FewShotHead>> heads_of(const FewShotOptions& options, const EvalCallbacks& callbacks,
                                                   const std::function<FineTuner&()>& tuner) {
  const LogisticOptions limits{.max_iterations = options.probe.max_iterations, .stop = callbacks.stop};
  const std::set<FewShotMethod> wanted(options.methods.begin(), options.methods.end());
  std::vector<std::unique_ptr<FewShotHead>> heads;
  for (const FewShotMethod method : wanted) {
    switch (method) {
      case FewShotMethod::kProbe:
        heads.push_back(make_plain_head(limits));
        break;
      case FewShotMethod::kTipAdapter:
        heads.push_back(make_tip_head());
        break;
      case FewShotMethod::kTipAdapterF:
        heads.push_back(make_trained_tip_head(callbacks.stop));
        break;
      case FewShotMethod::kTextBlended:
        heads.push_back(make_text_head(limits));
        break;
      case FewShotMethod::kWiseFt:
        run_on_compute_thread([&] { heads.push_back(make_wise_ft_head(tuner())); });
        break;
      case FewShotMethod::kFineTuned:
        run_on_compute_thread([&] { heads.push_back(make_fine_tuned_head(tuner())); });
        break;
    }
  }
  return heads;
}

}  // namespace

std::vector<int64_t> draw_shots(const std::vector<int32_t>& classes, const std::vector<std::string>& titles, int shots,
                                uint32_t seed) {
  std::map<int32_t, std::vector<int64_t>> rows_of;
  for (size_t i = 0; i < classes.size(); ++i) rows_of[classes[i]].push_back(static_cast<int64_t>(i));
  std::vector<int64_t> drawn;
  for (size_t c = 0; c < titles.size(); ++c) {
    std::vector<int64_t>& rows = rows_of[static_cast<int32_t>(c)];
    const size_t wanted = shots == 0 ? rows.size() : static_cast<size_t>(shots);
    CLIPKIT_CHECK(!rows.empty() && rows.size() >= wanted, "class ", quote(titles[c]), " has ", rows.size(),
                  " training pictures, ", shots == 0 ? 1 : shots, " are asked for");
    Random random(seed, RandomUse::kShots, static_cast<uint32_t>(c), 1);
    shuffle(rows, random);
    drawn.insert(drawn.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(wanted));
  }
  return drawn;
}

void check_few_shot(const FewShotOptions& options, const ProbeSets& sets) {
  CLIPKIT_CHECK(options.seeds >= 1 && options.seeds <= 1000, options.seeds, " seeds, expected 1 to 1000");
  CLIPKIT_CHECK(!options.methods.empty(), "no method to learn from few shots by");
  const FineTuning& tuning = options.fine_tuning;
  CLIPKIT_CHECK(
      tuning.lr > 0 && std::isfinite(tuning.lr) && tuning.weight_decay >= 0 && tuning.weight_decay * tuning.lr < 1,
      "fine-tuning with a learning rate of ", tuning.lr, " and a weight decay of ", tuning.weight_decay);
  CLIPKIT_CHECK(tuning.epochs >= 1 && tuning.epochs <= 100'000, tuning.epochs,
                " epochs of fine-tuning, expected 1 to 100000");
  CLIPKIT_CHECK(tuning.batch_size >= 2 && tuning.batch_size <= 1 << 20, "a batch of ", tuning.batch_size,
                " pictures, expected 2 to ", 1 << 20);
  std::vector<std::string> unused;
  prompts_of(options, sets, unused);
  std::vector<int32_t> classes;
  for (int64_t i = 0; i < sets.train.reader->size(); ++i) {
    for (const int32_t label : sets.train.reader->labels(i).present) classes.push_back(label);
  }
  const std::vector<std::string> titles = class_titles(sets.test);
  for (const int shots : options.shots) {
    CLIPKIT_CHECK(shots >= 0 && shots <= 1 << 20, shots, " shots, expected 0 (all) to ", 1 << 20);
    draw_shots(classes, titles, shots, 0);
  }
}

FewShotResult run_few_shot(const FewShotOptions& options, const ProbeSets& sets, const Encoder& encoder, Output plain,
                           double logit_scale, const std::filesystem::path& cache,
                           const std::function<FineTuner::Parts()>& open_model, EvalOrigin origin,
                           const EvalCallbacks& callbacks) {
  const EvalInput& input = options.probe.input;
  FewShotResult result;
  const auto prompts = prompts_of(options, sets, result.templates);
  const Tensor classifier = cached_classifier(encoder, prompts, cache, [&](int64_t) {
    if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "prompts: stopped");
  });
  origin.cut_texts = count_cut(encoder, prompts);
  origin.prompts_sha256 = prompts_digest(prompts);
  const auto pictures_in = [&](const LabelledSet& set, const char* what, PictureFeatures& features) {
    SplitPictures split;
    const auto encode = [&](Output output) {
      return picture_features(pictures_of(set), encoder,
                              {.output = output, .cache = cache, .threads = input.threads, .what = what}, callbacks);
    };
    features = encode(Output::kFeatures);
    const bool same = plain == Output::kFeatures;
    split.plain = ProbeData::of(
        set, same ? PictureFeatures{Tensor::copy_of(features.x), features.pictures, {}, {}} : encode(plain));
    split.zero_shot = zero_shot_logits(*encoder.backend, features.x, classifier, logit_scale);
    run_on_compute_thread([&] { ops::normalize_rows(*encoder.backend, {.x = features.x, .y = features.x}); });
    split.unit = std::move(features.x);
    split.set = &set;
    split.pictures = features.pictures;
    return split;
  };
  PictureFeatures features;
  const SplitPictures train = pictures_in(sets.train, "training pictures", features);
  result.train_sha256 = features.sha256;
  add_unreadable(sets.train, features, origin);
  const SplitPictures test = pictures_in(sets.test, "test pictures", features);
  describe(sets.test, features, origin);
  origin.layer = plain == Output::kBeforeProjection ? "before-projection, features for texts" : "features";

  const auto score = [&](const TensorView& scores, const std::vector<int32_t>& classes) {
    const std::vector<PictureLabels> labels = one_label_each(classes);
    return classification_score({scores, labels}, sets.test.metric);
  };
  result.metric = to_string(sets.test.metric);
  result.zero_shot = score(test.zero_shot, test.plain.classes);

  std::optional<FineTuner> tuner;
  const std::vector<std::unique_ptr<FewShotHead>> heads = heads_of(options, callbacks, [&]() -> FineTuner& {
    result.fine_tuning = options.fine_tuning;
    if (!tuner) tuner.emplace(open_model(), *encoder.backend, options.fine_tuning, prompts, input.threads, callbacks);
    return *tuner;
  });
  for (const auto& head : heads) result.heads.push_back({head->name(), head->what(), {}});
  const std::vector<std::string> titles = class_titles(sets.test);
  const auto draws = [&](int shots) { return shots == 0 ? 1 : options.seeds; };  // there is one way to take all
  int64_t done = 0, total = 0;
  for (const int shots : options.shots) total += static_cast<int64_t>(heads.size()) * draws(shots);
  for (const int shots : options.shots) {
    std::vector<FewShotResult::Point> points(heads.size(), {.shots = shots});
    for (int seed = 0; seed < draws(shots); ++seed) {
      const FewShotRows shown(train.all(), draw_shots(train.plain.classes, titles, shots, static_cast<uint32_t>(seed)));
      for (size_t h = 0; h < heads.size(); ++h) {
        if (callbacks.stop && callbacks.stop()) fail(ErrorCode::kCancelled, "few shots: stopped");
        run_on_compute_thread([&] {
          const int setting = choose_setting(*heads[h], shown.pictures(), score);
          points[h].chosen.push_back(heads[h]->setting(setting));
          points[h].scores.push_back(
              score(heads[h]->scores(shown.pictures(), test.all(), setting), test.plain.classes));
        });
        if (callbacks.progress) callbacks.progress("heads", ++done, total);
      }
    }
    for (size_t h = 0; h < heads.size(); ++h) {
      add_summary(points[h]);
      result.heads[h].points.push_back(std::move(points[h]));
    }
  }
  result.origin = std::move(origin);
  return result;
}

FewShotResult run_few_shot_folds(const FewShotOptions& options, const std::vector<ProbeSets>& folds,
                                 const Encoder& encoder, Output plain, double logit_scale,
                                 const std::filesystem::path& cache,
                                 const std::function<FineTuner::Parts()>& open_model, const EvalOrigin& origin,
                                 const EvalCallbacks& callbacks) {
  const auto run = [&](const ProbeSets& sets) {
    return run_few_shot(options, sets, encoder, plain, logit_scale, cache, open_model, origin, callbacks);
  };
  FewShotResult result = run(folds.front());
  if (folds.size() == 1) return result;
  const auto add_fold = [&](const ProbeSets& sets, const FewShotResult& of) {
    result.folds.push_back({.train_split = sets.train.split,
                            .test_split = sets.test.split,
                            .test_sha256 = of.origin.data_sha256,
                            .score = of.zero_shot});
  };
  add_fold(folds.front(), result);
  double zero_shot = result.zero_shot;
  for (size_t i = 1; i < folds.size(); ++i) {
    const FewShotResult one = run(folds[i]);
    add_fold(folds[i], one);
    zero_shot += one.zero_shot;
    add_unreadable_of_fold(one.origin, result.origin);
    for (size_t h = 0; h < one.heads.size(); ++h) {
      for (size_t p = 0; p < one.heads[h].points.size(); ++p) {
        const FewShotResult::Point& from = one.heads[h].points[p];
        FewShotResult::Point& to = result.heads[h].points[p];
        to.scores.insert(to.scores.end(), from.scores.begin(), from.scores.end());
        to.chosen.insert(to.chosen.end(), from.chosen.begin(), from.chosen.end());
      }
    }
  }
  result.zero_shot = zero_shot / static_cast<double>(folds.size());
  for (auto& head : result.heads) {
    for (auto& point : head.points) add_summary(point);
  }
  return result;
}

}  // namespace clipkit
