#include "clipkit/train.h"

#include <map>
#include <memory>
#include <optional>

#include "api/model_source.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/file_writer.h"
#include "base/parallel.h"
#include "model/config_source.h"
#include "model/initialize.h"
#include "runtime/open_backend.h"
#include "runtime/peak_rates.h"
#include "train/check_options.h"
#include "train/run.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOptionsFile = "options.json";

// Of the peak, in a step of an ordinary model (docs/performance.md, training).
constexpr double kFloat32Share = 0.65, kBfloat16Share = 0.5;

LoadOptions load_options(const TrainOptions& options) {
  LoadOptions load;
  load.image_size = options.force_image_size;
  load.context_length = options.force_context_length;
  return load;
}

// An architecture with its first weights, and its tokenizer.
struct Start {
  Clip model;
  std::shared_ptr<const Tokenizer> tokenizer;
};

Clip load_model(const ModelSource& source) {
  Clip model(source.config, true, true);
  model.load(source.checkpoint.tensors, source.position_resize, source.place);
  return model;
}

// Names and shapes of all parameters.
std::map<std::string, Shape> parameters_of(const ModelConfig& config) {
  std::map<std::string, Shape> result;
  Clip(config, true, true).visit_params([&](const std::string& name, Param& param) { result[name] = param.shape; });
  return result;
}

ModelConfig named_config(const TrainOptions& options) {
  ModelConfig config = config_by_name_or_file(options.model);
  apply_overrides(config, load_options(options), options.model);
  config.sigmoid_loss = options.siglip;
  return config;
}

// A checkpoint is what it is: a model that was asked for beside it has to be the same. Only the default may differ
// where the checkpoint was given by --pretrained.
void check_architecture(const TrainOptions& options, const ModelSource& source) {
  if (!options.pretrained.empty() && options.model == TrainOptions{}.model) return;
  CLIPKIT_CHECK(parameters_of(named_config(options)) == parameters_of(source.config), source.place,
                ": is of another architecture than the model asked for, ", options.model);
}

// with_weights: false for what is only planned.
Start start_of(const TrainOptions& options, bool with_weights = true) {
  std::shared_ptr<const Tokenizer> tokenizer;
  if (!options.tokenizer.empty()) tokenizer = Tokenizer::from_folder(options.tokenizer);
  if (!options.pretrained.empty()) {
    const ModelSource source = open_model_source(options.pretrained, load_options(options));
    CLIPKIT_CHECK(
        options.siglip == source.config.sigmoid_loss, options.pretrained, ": was trained with the ",
        source.config.sigmoid_loss ? "sigmoid loss: give siglip" : "softmax loss, siglip cannot go on from it");
    check_architecture(options, source);
    return {with_weights ? load_model(source) : Clip(source.config, true, true),
            tokenizer ? tokenizer : open_tokenizer(source.checkpoint)};
  }
  const ModelConfig config = named_config(options);
  if (!tokenizer) tokenizer = Tokenizer::clip();
  Clip model(config, true, true);
  if (with_weights) run_on_compute_thread([&] { initialize(model, static_cast<uint64_t>(options.seed)); });
  return {std::move(model), tokenizer};
}

// Where the run goes on. Errors: kNotFound; kIo if the processes do not see the same.
RunCheckpoints::Found found_checkpoint(const TrainOptions& options, Communicator& ranks) {
  std::optional<RunCheckpoints::Found> found = RunCheckpoints(options.logs).latest();
  if (!found) fail(ErrorCode::kNotFound, options.logs.string(), ": no whole checkpoint to go on from");
  const auto step = static_cast<double>(found->state.step);
  double sum = step;
  ranks.all_reduce_sum({&sum, 1});
  if (sum != step * ranks.size())
    fail(ErrorCode::kIo, options.logs.string(), ": the processes do not all see the same checkpoints there");
  return *std::move(found);
}

Start resumed_start(const TrainOptions& options, const RunCheckpoints::Found& found) {
  const ModelSource source = open_model_source(found.folder, {});
  // The checkpoint has the architecture in it. The file that it came from may be gone, or out of sight from here.
  std::error_code ignored;
  if (!options.model.ends_with(".json") || fs::exists(options.model, ignored)) check_architecture(options, source);
  return {load_model(source), open_tokenizer(source.checkpoint)};
}

// Opened before anything takes time, so that a folder that cannot be written shows at once; committed when there is
// something to resume.
std::unique_ptr<FileWriter> open_options_file(const fs::path& logs) {
  std::error_code error;
  fs::create_directories(logs, error);
  if (error) fail(ErrorCode::kIo, logs.string(), ": cannot make this folder: ", error.message());
  return std::make_unique<FileWriter>(logs / kOptionsFile);
}

void share_out_threads(const TrainOptions& options, const Communicator& ranks) {
  set_num_compute_threads(options.threads > 0 ? options.threads
                                              : std::max(1, num_compute_threads() / ranks.local_size()));
}

std::unique_ptr<Backend> backend_of(const TrainOptions& options) {
  return open_backend(options.device, options.precision == Precision::kBFloat16 ? DType::kBFloat16 : DType::kFloat32);
}

TrainSummary run(const TrainOptions& options, const TrainCallbacks& callbacks, bool resume) {
  TrainSummary summary;
  run_on_compute_thread([&] {
    // Errors pass through the communicator's scope, and the launcher ends the other ranks.
    std::unique_ptr<Communicator> ranks = open_communicator();
    check_options(options, ranks->size());
    share_out_threads(options, *ranks);
    std::optional<RunCheckpoints::Found> found;
    if (resume) found = found_checkpoint(options, *ranks);
    ranks->barrier();  // all have looked before the first one writes
    std::unique_ptr<FileWriter> options_file;
    if (!resume && ranks->rank() == 0) options_file = open_options_file(options.logs);
    Start start = found ? resumed_start(options, *found) : start_of(options);
    TrainingRun training(options,
                         {.model = std::move(start.model),
                          .tokenizer = start.tokenizer,
                          .backend = backend_of(options),
                          .ranks = std::move(ranks),
                          .resumed = found},
                         callbacks);
    training.start();
    if (options_file) {
      options_file->write(to_json(options));
      options_file->commit();
    }
    summary = training.run();
  });
  return summary;
}

}  // namespace

TrainPlan plan_training(const TrainOptions& options) {
  TrainPlan plan;
  run_on_compute_thread([&] {
    std::unique_ptr<Communicator> ranks = open_communicator();
    check_options(options, ranks->size());
    share_out_threads(options, *ranks);
    const int processes = ranks->size();
    Start start = start_of(options, /*with_weights=*/false);
    plan = TrainingRun(options,
                       {.model = std::move(start.model),
                        .tokenizer = start.tokenizer,
                        .backend = backend_of(options),
                        .ranks = std::move(ranks),
                        .resumed = {}},
                       {})
               .plan();
    const PeakRates peak = measure_peak_rates();
    const bool bf16 = options.precision == Precision::kBFloat16;
    const double rate = bf16 ? kBfloat16Share * peak.bf16_gflops : kFloat32Share * peak.fp32_gflops;
    plan.pairs_per_second = rate * processes * static_cast<double>(plan.pairs_per_step) / plan.gflop_per_step;
    plan.seconds = static_cast<double>(plan.steps * plan.pairs_per_step) / plan.pairs_per_second;
  });
  return plan;
}

TrainSummary train(const TrainOptions& options, const TrainCallbacks& callbacks) {
  CLIPKIT_CHECK(!fs::exists(options.logs / kOptionsFile), options.logs.string(),
                ": holds a run already; resume it, or name another folder");
  return run(options, callbacks, false);
}

TrainSummary resume_training(const fs::path& logs, const TrainCallbacks& callbacks) {
  if (!fs::exists(logs / kOptionsFile))
    fail(ErrorCode::kNotFound, logs.string(), ": holds no run to go on with: there is no ", kOptionsFile);
  TrainOptions options;
  apply_json(options, read_file(logs / kOptionsFile, 1 << 20), (logs / kOptionsFile).string());
  options.logs = logs;
  return run(options, callbacks, true);
}

}  // namespace clipkit
