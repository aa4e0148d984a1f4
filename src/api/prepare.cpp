#include "api/operands.h"
#include "api/write_checkpoint.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/cpu_target.h"
#include "base/log.h"
#include "base/parallel.h"
#include "checkpoint/quantized_tensors.h"
#include "model/clip.h"
#include "runtime/open_backend.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

// What inference reads of a model: its weights as the backend lays them out; of the rest floats of the type in which
// they are read, so that they too are used where they are mapped.
StateDict laid_out_tensors(Clip& clip, Backend& backend) {
  StateDict tensors;
  const auto share = [](const Tensor& tensor) { return Tensor(tensor.view(), tensor.owner()); };
  clip.visit_params([&](const std::string& name, const Param& param) {
    tensors.emplace(name, share(param.value));
    if (param.scales) tensors.emplace(concat(name, kScales), share(param.scales));
    if (param.input_scales) tensors.emplace(concat(name, kInputScales), share(param.input_scales));
  });
  clip.prepare(backend);
  clip.visit_params([&](const std::string& name, const Param& param) {
    if (param.laid_out.empty()) {
      tensors[name] = to_dtype(tensors[name], DType::kFloat32);
      return;
    }
    tensors.erase(name);
    for (size_t i = 0; i < param.laid_out.size(); ++i) {
      tensors.emplace(laid_out_name(name, i, param.laid_out[i].layout), share(param.laid_out[i].words));
    }
  });
  return tensors;
}

// The tokenizer that has to lie beside the weights; null for CLIP's own, which clipkit has in it and opens in a fifth
// of the time that files take.
std::shared_ptr<const Tokenizer> other_tokenizer(const ModelSource& source, const std::filesystem::path& to) {
  auto tokenizer = tokenizer_to_write(source);
  if (!tokenizer) return nullptr;
  const auto own = Tokenizer::clip();
  if (tokenizer->vocabulary() != own->vocabulary() || tokenizer->merges() != own->merges()) return tokenizer;
  for (const char* name : {"vocab.json", "tokenizer.json"}) {
    if (!std::filesystem::exists(to / name)) continue;
    fail(ErrorCode::kInvalidArgument, to.string(), ": holds the tokenizer of another model; give a new folder");
  }
  return nullptr;
}

}  // namespace

void prepare_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                        const LoadOptions& load_options) {
  const ModelSource source = open_model_source(from, load_options);
  Clip clip(source.config, source.has_image_tower, source.has_text_tower);
  clip.load(source.checkpoint.tensors, source.position_resize, source.place);
  StateDict tensors;
  run_on_compute_thread([&] {
    set_num_compute_threads(load_options.threads);
    const auto backend = open_backend(load_options.device, operands_of(load_options.precision));
    if (const int64_t nan = clip.count_nan(); nan > 0) log_warning(source.place, ": ", nan, " weights are NaN");
    if (load_options.round_weights_to_fp16) clip.round_to_fp16();
    tensors = laid_out_tensors(clip, *backend);
  });
  const Preparation preparation = {.source = source.place,
                                   .sha256 = model_digest(source),
                                   .precision = to_string(load_options.precision),
                                   .cpu = to_string(cpu_target()),
                                   .clipkit = CLIPKIT_VERSION,
                                   .fp16_weights = load_options.round_weights_to_fp16};
  auto metadata = to_metadata(preparation);
  metadata.emplace("format", "pt");
  write_model_folder(to, source.config, tensors, other_tokenizer(source, to).get(), metadata);
}

}  // namespace clipkit
