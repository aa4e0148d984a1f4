#include "clipkit/evaluate.h"

#include "api/model_encoder.h"
#include "api/model_source.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/json.h"
#include "base/sha256.h"
#include "clipkit/audit.h"
#include "clipkit/fetch.h"
#include "clipkit/model.h"
#include "eval/bias.h"
#include "eval/encoder.h"
#include "eval/overlap.h"
#include "eval/reject_run.h"
#include "eval/retrieval_run.h"
#include "eval/robustness.h"
#include "eval/typographic.h"
#include "eval/zero_shot.h"
#include "runtime/open_backend.h"
#include "transfer/few_shot_run.h"
#include "transfer/probe_run.h"

namespace clipkit {

namespace {

namespace fs = std::filesystem;

// A model that is open, as evaluation sees it.
struct Opened {
  Model model;
  std::unique_ptr<Backend> backend;  // compares features
  Encoder encoder;
  EvalOrigin origin;
  fs::path cache;
};

LoadOptions load_options(const EvalInput& input, bool text_tower) {
  LoadOptions options;
  options.device = input.device;
  options.precision = input.precision;
  options.threads = input.threads;
  options.text_tower = text_tower;
  return options;
}

std::unique_ptr<Opened> open(const EvalInput& input, bool text_tower) {
  const LoadOptions options = load_options(input, text_tower);
  CLIPKIT_CHECK(!input.data.empty(), "there is no data to evaluate on");
  CLIPKIT_CHECK(input.resamples >= 0 && input.resamples <= 1'000'000, input.resamples,
                " resamples, expected 0 to 1000000");
  auto opened = std::make_unique<Opened>(Opened{load(input.model, options), nullptr, {}, {}, {}});
  run_on_compute_thread([&] { opened->backend = open_backend("cpu", DType::kFloat32); });
  EvalOrigin& origin = opened->origin;
  origin.version = CLIPKIT_VERSION;
  origin.command = input.command;
  origin.model = input.model.empty() ? "emoji" : input.model;
  origin.model_sha256 = opened->model.sha256();
  origin.precision = to_string(input.precision);
  origin.data = input.data;
  opened->encoder = encoder_of(opened->model, *opened->backend);
  opened->encoder.fingerprint = opened->model.fingerprint();
  if (input.use_cache) opened->cache = input.cache.empty() ? cache_folder() / "features" : input.cache;
  return opened;
}

// The model once more, with weights that can be trained. On the compute thread.
FineTuner::Parts trainable(const EvalInput& input) {
  ModelSource source = open_model_source(input.model, load_options(input, true));
  Clip model(source.config, true, true);
  model.load(source.checkpoint.tensors, source.position_resize, source.place);
  const DType products = input.precision == Precision::kBFloat16 ? DType::kBFloat16 : DType::kFloat32;
  return {std::move(model), open_backend(input.device, products), open_tokenizer(source.checkpoint)};
}

Output output_of(ProbeLayer layer, const ModelConfig& config) {
  switch (layer) {
    case ProbeLayer::kBeforeProjection:
      return Output::kBeforeProjection;
    case ProbeLayer::kFeatures:
      return Output::kFeatures;
    case ProbeLayer::kPaper:
      break;
  }
  return std::holds_alternative<VitConfig>(config.vision) ? Output::kBeforeProjection : Output::kFeatures;
}

}  // namespace

std::string model_sha256(const EvalInput& input) {
  return model_digest(input.model, load_options(input, true));
}

ZeroShotResult evaluate_zero_shot(const ZeroShotOptions& options, const EvalCallbacks& callbacks) {
  const std::vector<LabelledSet> splits = open_test_splits(options.input);
  std::vector<std::string> unused;
  prompts_for(options, splits.front(), unused);  // what is wrong with them is said before a model is loaded
  const auto opened = open(options.input, true);
  return run_zero_shot_folds(options, splits, opened->encoder, static_cast<double>(opened->model.logit_scale()),
                             opened->cache, opened->origin, callbacks);
}

ProbeResult evaluate_probe(const ProbeOptions& options, const EvalCallbacks& callbacks) {
  const std::vector<ProbeSets> folds = open_probe_folds(options);
  const auto opened = open(options.input, false);
  return run_probe_folds(options, folds, opened->encoder, output_of(options.layer, opened->model.config()),
                         opened->cache, opened->origin, callbacks);
}

FewShotResult evaluate_few_shot(const FewShotOptions& options, const EvalCallbacks& callbacks) {
  const std::vector<ProbeSets> folds = open_probe_folds(options.probe);
  for (const ProbeSets& sets : folds) check_few_shot(options, sets);
  const auto opened = open(options.probe.input, true);
  return run_few_shot_folds(
      options, folds, opened->encoder, output_of(options.probe.layer, opened->model.config()),
      static_cast<double>(opened->model.logit_scale()), opened->cache, [&] { return trainable(options.probe.input); },
      opened->origin, callbacks);
}

RejectResult evaluate_reject(const RejectOptions& options, const EvalCallbacks& callbacks) {
  const RejectSets sets = open_reject_sets(options);
  const auto opened = open(options.input, true);
  return run_reject(options, sets, opened->encoder, static_cast<double>(opened->model.logit_scale()), opened->cache,
                    opened->origin, callbacks);
}

RetrievalResult evaluate_retrieval(const RetrievalOptions& options, const EvalCallbacks& callbacks) {
  const auto pairs = open_retrieval_pairs(options.input.data, options.input.split);
  CLIPKIT_CHECK(options.prompt.find("{}") != std::string::npos, "the prompt \"", options.prompt,
                "\" has no {} for the caption");
  const auto opened = open(options.input, true);
  return run_retrieval(options, *pairs, opened->encoder, opened->cache, opened->origin, callbacks);
}

OverlapResult evaluate_overlap(const OverlapOptions& options, const EvalCallbacks& callbacks) {
  const LabelledSet set = open_labelled_set(options.input.data, options.input.split);
  const TrainingPictures train = open_training_pictures(options, set);
  const auto opened = open(options.input, true);
  return run_overlap(options, set, train, opened->encoder, static_cast<double>(opened->model.logit_scale()),
                     opened->cache, opened->origin, callbacks);
}

RobustnessResult evaluate_robustness(const RobustnessOptions& options, const EvalCallbacks& callbacks) {
  const RobustnessSets sets = open_robustness_sets(options);
  const auto opened = open(options.input, true);
  return run_robustness(options, sets, opened->encoder, static_cast<double>(opened->model.logit_scale()), opened->cache,
                        opened->origin, callbacks);
}

TypographicResult evaluate_typographic(const TypographicOptions& options, const EvalCallbacks& callbacks) {
  const LabelledSet set = open_labelled_set(options.input.data, options.input.split);
  const auto opened = open(options.input, true);
  return run_typographic(options, set, opened->encoder, static_cast<double>(opened->model.logit_scale()), opened->cache,
                         opened->origin, callbacks);
}

BiasResult evaluate_bias(const BiasOptions& options, const EvalCallbacks& callbacks) {
  const BiasSets sets = open_bias_sets(options);
  const auto opened = open(options.input, true);
  return run_bias(options, sets, opened->encoder, opened->cache, opened->origin, callbacks);
}

}  // namespace clipkit
