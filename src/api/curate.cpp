#include "clipkit/curate.h"
#include "base/compute_thread.h"
#include "clipkit/model.h"
#include "curate/filter_run.h"
#include "runtime/open_backend.h"

namespace clipkit {

FilterSummary filter_pairs(const FilterOptions& options, const CurateCallbacks& callbacks) {
  std::optional<Model> model;
  std::unique_ptr<Backend> backend;
  const auto open = [&]() -> PairEncoder {
    LoadOptions load_options;
    load_options.device = options.device;
    load_options.precision = options.precision;
    load_options.threads = options.input.threads;
    load_options.text_tower = options.min_similarity || !options.drop_concepts.empty();
    model = load(options.model, load_options);
    run_on_compute_thread([&] { backend = open_backend("cpu", DType::kFloat32); });
    return {.preprocess = model->config().preprocess,
            .encode_pixels = [&](TensorView pixels) { return model->encode_pixels(pixels); },
            .encode_texts =
                [&](std::span<const std::string> texts) {
                  return model->encode_text(texts, Output::kFeatures, Overflow::kTruncate);
                },
            .backend = backend.get()};
  };
  return run_filter(options, open, callbacks);
}

}  // namespace clipkit
