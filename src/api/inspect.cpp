#include "api/model_source.h"
#include "base/compute_thread.h"
#include "base/concat.h"
#include "clipkit/checkpoint.h"
#include "model/clip.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

const char* name_of(Container container) {
  switch (container) {
    case Container::kSafetensors:
      return "safetensors";
    case Container::kTorchZip:
      return "PyTorch zip";
    case Container::kTorchScript:
      return "TorchScript";
    case Container::kTorchLegacy:
      return "PyTorch stream";
    case Container::kGguf:
      return "GGUF";
  }
  return "";
}

const char* name_of(Naming naming) {
  switch (naming) {
    case Naming::kOpenAi:
      return "OpenAI";
    case Naming::kOpenClipCustomText:
      return "open_clip with custom text";
    case Naming::kHuggingFace:
      return "Hugging Face";
    case Naming::kGguf:
      return "clip.cpp";
  }
  return "";
}

TensorInfo describe(const std::string& name, const Tensor& tensor, std::string maps_to) {
  return {name, std::move(maps_to), to_string(tensor.dtype()), to_string(tensor.shape()),
          static_cast<int64_t>(tensor.view().bytes())};
}

}  // namespace

CheckpointInfo inspect(const std::filesystem::path& path, const LoadOptions& options) {
  const ModelSource source = open_model_source(path, options, Prepared::kAsItIs);
  const Checkpoint& checkpoint = source.checkpoint;
  CheckpointInfo info;
  info.path = source.generated ? source.place : checkpoint.path.string();
  info.container = source.generated ? "made-up weights" : name_of(checkpoint.container);
  info.naming = name_of(checkpoint.naming);
  info.config = source.config;
  info.assumptions = source.assumptions;
  if (source.prepared) {
    info.prepared = concat("from ", source.prepared->source, ", for ", source.prepared->precision,
                           source.prepared->fp16_weights ? " of weights rounded to fp16" : "",
                           " with the instructions of ", source.prepared->cpu);
  }
  for (const std::filesystem::path& file : checkpoint.files) {
    info.file_bytes += static_cast<int64_t>(std::filesystem::file_size(file));
  }
  std::map<std::string, std::string> maps_to;
  for (const TensorOrigin& origin : checkpoint.origins) {
    for (const std::string& name : origin.sources) maps_to[name] = origin.canonical;
  }
  for (const auto& [name, tensor] : source.generated ? checkpoint.tensors : checkpoint.raw) {
    info.tensors.push_back(describe(name, tensor, source.generated ? name : maps_to[name]));
  }

  Clip clip(source.config, source.has_image_tower, source.has_text_tower);
  clip.load(checkpoint.tensors, source.position_resize, source.place);
  clip.visit_params([&](const std::string& name, const Param& param) {
    if (param.buffer || (!param.value && param.laid_out.empty())) return;
    info.parameters += param.shape.num_elements();
    (name.starts_with("visual.") ? info.vision_parameters : info.text_parameters) += param.shape.num_elements();
  });
  info.logit_scale = *to_dtype(clip.logit_scale.value, DType::kFloat32).data<float>();
  run_on_compute_thread([&] { info.num_nan = clip.count_nan(); });
  return info;
}

}  // namespace clipkit
