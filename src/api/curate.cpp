#include "clipkit/curate.h"
#include "api/model_encoder.h"
#include "base/compute_thread.h"
#include "clipkit/model.h"
#include "curate/filter_run.h"
#include "runtime/open_backend.h"

namespace clipkit {

FilterSummary filter_pairs(const FilterOptions& options, const CurateCallbacks& callbacks) {
  std::optional<Model> model;
  std::unique_ptr<Backend> backend;
  const auto open = [&]() -> Encoder {
    LoadOptions load_options;
    load_options.device = options.device;
    load_options.precision = options.precision;
    load_options.threads = options.input.threads;
    load_options.text_tower = options.min_similarity || !options.drop_concepts.empty();
    model = load(options.model, load_options);
    run_on_compute_thread([&] { backend = open_backend("cpu", DType::kFloat32); });
    return encoder_of(*model, *backend);
  };
  return run_filter(options, open, callbacks);
}

}  // namespace clipkit
