#include "transfer/probe_run.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/compute_thread.h"
#include "eval/classification.h"
#include "eval/labelled_pictures.h"
#include "eval/mean_of_draws.h"
#include "eval/picture_features.h"
#include "transfer/linear_probe.h"
#include "transfer/one_vs_rest.h"
#include "transfer/probe_data.h"

namespace clipkit {

namespace {

const char* name_of(LogisticFit::End end) {
  switch (end) {
    case LogisticFit::End::kGradient:
      return "gradient";
    case LogisticFit::End::kObjective:
      return "objective";
    case LogisticFit::End::kIterations:
      return "iterations";
    case LogisticFit::End::kPrecision:
      break;
  }
  return "precision";
}

// What is fitted: softmax over the classes that have a picture, or where a picture may have several classes one problem
// for each.
class Solver {
 public:
  Solver(const ProbeData& data, int64_t num_classes) {
    if (data.classes.empty()) {
      one_vs_rest_.emplace(data.x, data.labels, num_classes);
      return;
    }
    known_.emplace(data.classes, num_classes);
    numbers_ = known_->numbers(data.classes);
    softmax_.emplace(data.x, numbers_, known_->size());
  }
  LogisticFit fit(const LogisticOptions& options, const LinearClassifier* start = nullptr) {
    return softmax_ ? softmax_->fit(options, start) : one_vs_rest_->fit(options, start);
  }
  // Of all classes, from those that it has.
  Tensor spread(Tensor scores) const { return known_ ? known_->spread(scores) : std::move(scores); }

 private:
  std::optional<KnownClasses> known_;
  std::vector<int32_t> numbers_;
  std::optional<LogisticRegression> softmax_;
  std::optional<OneVsRest> one_vs_rest_;
};

// The search on what is to learn from; sets result.trials and result.lambda.
void search(const ProbeData& train, const ProbeData& validation, const LabelledSet& set, const LogisticOptions& options,
            const EvalCallbacks& callbacks, ProbeResult& result) {
  constexpr int64_t kTrials = 15;
  Solver solver(train, static_cast<int64_t>(set.classes.size()));
  const LambdaSearch found = search_lambda(
      [&](const LogisticOptions& fit, const LinearClassifier* start) { return solver.fit(fit, start); }, validation.x,
      [&](TensorView scores) {
        const Tensor all = solver.spread(Tensor::copy_of(scores));
        return classification_score({all, validation.labels}, set.metric);
      },
      options,
      [&](const LambdaTrial& trial) {
        result.trials.push_back({trial.lambda, trial.score, trial.iterations});
        if (callbacks.progress) callbacks.progress("regularisers", static_cast<int64_t>(result.trials.size()), kTrials);
      });
  result.lambda = lambda_at(found.best);
}

}  // namespace

Fold fold_of(const LabelledSet& test) {
  const auto tested =
      std::find_if(test.folds.begin(), test.folds.end(), [&](const Fold& fold) { return fold.test == test.split; });
  if (tested != test.folds.end()) return *tested;
  return test.folds.empty() ? Fold{} : test.folds.front();
}

ProbeSets open_probe_sets(const ProbeOptions& options) {
  CLIPKIT_CHECK(!options.lambda || (*options.lambda > 0 && std::isfinite(*options.lambda)), "lambda is ",
                options.lambda.value_or(0), ", expected more than 0");
  ProbeSets sets;
  sets.test = open_labelled_set(options.input.data, options.input.split);
  const Fold fold = fold_of(sets.test);
  const std::string train = options.train_split.empty() ? fold.train : options.train_split,
                    validation = options.validation_split.empty() ? fold.validation : options.validation_split;
  CLIPKIT_CHECK(!train.empty(), options.input.data,
                ": there is no split to train on; name one, or put the pictures into folders train and test");
  CLIPKIT_CHECK(train != sets.test.split, options.input.data, ": split ", train, " is both trained and tested on");
  sets.train = open_labelled_set(options.input.data, train);
  if (!validation.empty() && validation != train && validation != sets.test.split)
    sets.validation = open_labelled_set(options.input.data, validation);
  return sets;
}

std::vector<ProbeSets> open_probe_folds(const ProbeOptions& options) {
  std::vector<ProbeSets> opened;
  opened.push_back(open_probe_sets(options));
  if (!options.input.split.empty() || !options.train_split.empty() || !options.validation_split.empty()) return opened;
  const std::vector<Fold> folds = opened.front().test.folds;
  for (const Fold& fold : folds) {
    if (fold.train.empty() || fold.train == opened.front().train.split) continue;
    ProbeOptions of_fold = options;
    of_fold.input.split = fold.test;
    of_fold.train_split = fold.train;
    of_fold.validation_split = fold.validation;
    opened.push_back(open_probe_sets(of_fold));
  }
  return opened;
}

ProbeResult run_probe(const ProbeOptions& options, const ProbeSets& sets, const Encoder& encoder, Output output,
                      const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks) {
  ProbeResult result;
  const bool several = sets.test.metric == EvalMetric::kMap11;  // classes a picture
  const auto features_of = [&](const LabelledSet& set, const char* what) {
    return picture_features(pictures_of(set), encoder,
                            {.output = output, .cache = cache, .threads = options.input.threads, .what = what},
                            callbacks);
  };
  PictureFeatures features = features_of(sets.train, "training pictures");
  add_unreadable(sets.train, features, origin);
  result.train_sha256 = features.sha256;
  result.train_split = sets.train.split;
  ProbeData train = ProbeData::of(sets.train, std::move(features), several), validation;
  if (sets.validation) {
    features = features_of(*sets.validation, "validation pictures");
    add_unreadable(*sets.validation, features, origin);
    result.validation_sha256 = features.sha256;
    result.validation_split = sets.validation->split;
    validation = ProbeData::of(*sets.validation, std::move(features), several);
  } else if (!options.lambda) {
    const HeldOut held = hold_out_fifth(several ? std::vector<int32_t>(train.labels.size()) : train.classes);
    CLIPKIT_CHECK(!held.validation.empty(), sets.train.path, ", split ", sets.train.split,
                  ": no class has two pictures, so none can be held out to choose lambda by; give one, or a split");
    result.validation_split = "a fifth of " + sets.train.split;
    validation = train.rows(held.validation);
    train = train.rows(held.train);
  }
  result.width = train.x.shape()[1];
  result.train_pictures = train.x.shape()[0];
  result.validation_pictures = validation.x ? validation.x.shape()[0] : 0;

  features = features_of(sets.test, "test pictures");
  describe(sets.test, features, origin);
  origin.layer = output == Output::kBeforeProjection ? "before-projection" : "features";
  const ProbeData test = ProbeData::of(sets.test, std::move(features), several);

  run_on_compute_thread([&] {
    LogisticOptions fit_options{.max_iterations = options.max_iterations, .stop = callbacks.stop};
    if (options.lambda) {
      result.lambda = *options.lambda;
    } else {
      search(train, validation, sets.test, fit_options, callbacks, result);
    }
    const ProbeData all = validation.x ? train.and_then(validation) : std::move(train);
    fit_options.c = 1 / result.lambda;
    Solver solver(all, static_cast<int64_t>(sets.test.classes.size()));
    const LogisticFit fit = solver.fit(fit_options);
    result.iterations = fit.iterations;
    result.ended = name_of(fit.end);
    const Tensor scores = solver.spread(fit.classifier.scores(test.x));
    result.scores = classification_scores({scores, test.labels}, class_titles(sets.test), sets.test.metric,
                                          {.resamples = options.input.resamples});
  });
  result.origin = std::move(origin);
  return result;
}

ProbeResult run_probe_folds(const ProbeOptions& options, const std::vector<ProbeSets>& folds, const Encoder& encoder,
                            Output output, const std::filesystem::path& cache, const EvalOrigin& origin,
                            const EvalCallbacks& callbacks) {
  ProbeResult result = run_probe(options, folds.front(), encoder, output, cache, origin, callbacks);
  if (folds.size() == 1) return result;
  std::vector<double> scores;
  for (const ProbeSets& sets : folds) {
    const bool first = &sets == &folds.front();
    const ProbeResult one = first ? ProbeResult{} : run_probe(options, sets, encoder, output, cache, origin, callbacks);
    const ProbeResult& of = first ? result : one;
    scores.push_back(of.scores.score.value);
    result.folds.push_back({.train_split = sets.train.split,
                            .test_split = sets.test.split,
                            .test_sha256 = of.origin.data_sha256,
                            .score = scores.back(),
                            .lambda = of.lambda});
    add_unreadable_of_fold(one.origin, result.origin);
  }
  result.over_folds = mean_of_draws(scores);
  return result;
}

}  // namespace clipkit
