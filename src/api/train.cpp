#include "clipkit/train.h"

#include "api/model_source.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/file_writer.h"
#include "base/parallel.h"
#include "model/config_source.h"
#include "model/initialize.h"
#include "runtime/open_backend.h"
#include "train/run.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOptionsFile = "options.json";

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

Start start_of(const TrainOptions& options) {
  std::shared_ptr<const Tokenizer> tokenizer;
  if (!options.tokenizer.empty()) tokenizer = Tokenizer::from_folder(options.tokenizer);
  if (!options.pretrained.empty()) {
    const ModelSource source = open_model_source(options.pretrained, load_options(options));
    CLIPKIT_CHECK(
        options.siglip == source.config.sigmoid_loss, options.pretrained, ": was trained with the ",
        source.config.sigmoid_loss ? "sigmoid loss: give siglip" : "softmax loss, siglip cannot go on from it");
    return {load_model(source), tokenizer ? tokenizer : open_tokenizer(source.checkpoint)};
  }
  ModelConfig config = config_by_name_or_file(options.model);
  apply_overrides(config, load_options(options), options.model);
  config.sigmoid_loss = options.siglip;
  if (!tokenizer) tokenizer = Tokenizer::clip();
  Clip model(config, true, true);
  run_on_compute_thread([&] { initialize(model, static_cast<uint64_t>(options.seed)); });
  return {std::move(model), tokenizer};
}

TrainSummary run(const TrainOptions& options, const TrainCallbacks& callbacks, bool resume) {
  TrainSummary summary;
  run_on_compute_thread([&] {
    std::unique_ptr<Communicator> ranks = open_communicator();
    const int threads =
        options.threads > 0 ? options.threads : std::max(1, num_compute_threads() / ranks->local_size());
    set_num_compute_threads(threads);
    const RunCheckpoints checkpoints(options.logs);
    std::optional<RunCheckpoints::Found> found;
    if (resume) {
      found = checkpoints.latest();
      if (!found) fail(ErrorCode::kNotFound, options.logs.string(), ": no whole checkpoint to go on from");
    }
    ranks->barrier();  // all have looked before the first one writes
    Start start = found ? [&]() -> Start {
      const ModelSource source = open_model_source(found->folder, {});
      return {load_model(source), open_tokenizer(source.checkpoint)};
    }()
        : start_of(options);
    if (!resume && ranks->rank() == 0) {
      fs::create_directories(options.logs);
      write_file(options.logs / kOptionsFile, to_json(options));
    }
    TrainingRun training(
        options,
        {.model = std::move(start.model),
         .tokenizer = start.tokenizer,
         .backend = open_backend(options.device,
                                 options.precision == Precision::kBFloat16 ? DType::kBFloat16 : DType::kFloat32),
         .ranks = std::move(ranks),
         .resumed = found},
        callbacks);
    summary = training.run();
  });
  return summary;
}

}  // namespace

TrainSummary train(const TrainOptions& options, const TrainCallbacks& callbacks) {
  CLIPKIT_CHECK(!fs::exists(options.logs / kOptionsFile), options.logs.string(),
                ": holds a run already; resume it, or name another folder");
  return run(options, callbacks, false);
}

TrainSummary resume_training(const fs::path& logs, const TrainCallbacks& callbacks) {
  TrainOptions options;
  apply_json(options, read_file(logs / kOptionsFile, 1 << 20), (logs / kOptionsFile).string());
  options.logs = logs;
  return run(options, callbacks, true);
}

}  // namespace clipkit
