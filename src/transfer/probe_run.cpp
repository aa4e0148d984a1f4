#include "transfer/probe_run.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/compute_thread.h"
#include "eval/classification.h"
#include "eval/labelled_pictures.h"
#include "eval/picture_features.h"
#include "transfer/linear_probe.h"
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

// The search on what is to learn from; sets result.trials and result.lambda.
void search(const ProbeData& train, const ProbeData& validation, const LabelledSet& set, const LogisticOptions& options,
            const EvalCallbacks& callbacks, ProbeResult& result) {
  constexpr int64_t kTrials = 15;
  const KnownClasses known(train.classes, static_cast<int64_t>(set.classes.size()));
  const std::vector<int32_t> numbers = known.numbers(train.classes);
  const std::vector<PictureLabels> labels = one_label_each(validation.classes);
  LogisticRegression regression(train.x, numbers, known.size());
  const LambdaSearch found = search_lambda(
      regression, {validation.x, validation.classes},
      [&](TensorView scores) {
        const Tensor all = known.spread(scores);
        return classification_score({all, labels}, set.metric);
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

ProbeResult run_probe(const ProbeOptions& options, const ProbeSets& sets, const Encoder& encoder, Output output,
                      const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks) {
  ProbeResult result;
  const auto features_of = [&](const LabelledSet& set, const char* what) {
    return picture_features(pictures_of(set), encoder,
                            {.output = output, .cache = cache, .threads = options.input.threads, .what = what},
                            callbacks);
  };
  PictureFeatures features = features_of(sets.train, "training pictures");
  add_unreadable(sets.train, features, origin);
  result.train_sha256 = features.sha256;
  result.train_split = sets.train.split;
  ProbeData train = ProbeData::of(sets.train, std::move(features)), validation;
  if (sets.validation) {
    features = features_of(*sets.validation, "validation pictures");
    add_unreadable(*sets.validation, features, origin);
    result.validation_sha256 = features.sha256;
    result.validation_split = sets.validation->split;
    validation = ProbeData::of(*sets.validation, std::move(features));
  } else if (!options.lambda) {
    const HeldOut held = hold_out_fifth(train.classes);
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
  const ProbeData test = ProbeData::of(sets.test, std::move(features));

  run_on_compute_thread([&] {
    LogisticOptions fit_options{.max_iterations = options.max_iterations, .stop = callbacks.stop};
    if (options.lambda) {
      result.lambda = *options.lambda;
    } else {
      search(train, validation, sets.test, fit_options, callbacks, result);
    }
    const ProbeData all = validation.x ? train.and_then(validation) : ProbeData{std::move(train.x), train.classes};
    const KnownClasses known(all.classes, static_cast<int64_t>(sets.test.classes.size()));
    const std::vector<int32_t> numbers = known.numbers(all.classes);
    fit_options.c = 1 / result.lambda;
    LogisticRegression regression(all.x, numbers, known.size());
    const LogisticFit fit = regression.fit(fit_options);
    result.iterations = fit.iterations;
    result.ended = name_of(fit.end);
    const Tensor scores = known.spread(fit.classifier.scores(test.x));
    const std::vector<PictureLabels> labels = one_label_each(test.classes);
    result.scores = classification_scores({scores, labels}, class_titles(sets.test), sets.test.metric,
                                          {.resamples = options.input.resamples});
  });
  result.origin = std::move(origin);
  return result;
}

}  // namespace clipkit
