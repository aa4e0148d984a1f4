#include "api/write_checkpoint.h"

#include <cstring>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "checkpoint/safetensors.h"
#include "model/clip.h"
#include "model/config_source.h"
#include "model/config_target.h"
#include "model/model_folder.h"
#include "tensor/convert.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

bool is_floating(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat64;
}

// Reads the written checkpoint back as anybody would and compares every tensor and the configuration.
void verify(const fs::path& written, const StateDict& expected, const ModelSource& source, CheckpointLayout layout) {
  const Checkpoint checkpoint = open_checkpoint(written);
  for (const auto& [name, tensor] : expected) {
    const auto found = checkpoint.tensors.find(name);
    const bool counter = name.ends_with(".num_batches_tracked");
    if (found == checkpoint.tensors.end() && counter) continue;
    if (found == checkpoint.tensors.end() || found->second.shape() != tensor.shape() ||
        found->second.dtype() != tensor.dtype() ||
        std::memcmp(found->second.view().raw(), tensor.view().raw(), tensor.view().bytes()) != 0) {
      fail(ErrorCode::kIo, written.string(), ": tensor \"", name, "\" reads back differently from what was written");
    }
  }
  if (layout == CheckpointLayout::kOpenAi) return;
  std::vector<std::string> assumptions;
  const ModelConfig config = config_of(checkpoint, assumptions);
  // The towers must come out alike; how pictures are prepared is in the nature of each layout.
  const auto towers = [](const ModelConfig& c) {
    Json json = Json::parse(to_json(c))["model_cfg"];
    json["text_cfg"].erase("pool_type");
    json["text_cfg"].erase("eos_id");
    return json;
  };
  if (towers(config) != towers(source.config)) {
    fail(ErrorCode::kIo, written.string(), ": the configuration reads back differently from what was written");
  }
}

}  // namespace

StateDict tensors_to_write(const ModelSource& source, const LoadOptions& load_options, std::optional<DType> dtype) {
  CLIPKIT_CHECK(!dtype || is_floating(*dtype), "weights cannot be stored as ", to_string(*dtype));
  Clip clip(source.config, source.has_image_tower, source.has_text_tower);
  clip.load(source.checkpoint.tensors, source.position_resize, source.place);
  if (load_options.round_weights_to_fp16) clip.round_to_fp16();
  StateDict result;
  clip.visit_params([&](const std::string& name, Param& param) {
    const DType wanted = dtype.value_or(param.value.dtype());
    result.emplace(name, to_dtype(param.value, wanted));
  });
  for (const auto& [name, tensor] : source.checkpoint.tensors) {  // BatchNorm's counters, which no layer reads
    if (!is_floating(tensor.dtype())) result.emplace(name, Tensor(tensor.view(), tensor.owner()));
  }
  return result;
}

std::shared_ptr<const Tokenizer> tokenizer_to_write(const ModelSource& source) {
  if (!source.has_text_tower) return nullptr;
  auto tokenizer = open_tokenizer(source.checkpoint);
  return tokenizer->vocab_size() == source.config.text.vocab_size ? tokenizer : nullptr;
}

void write_checkpoint(const fs::path& to, const ModelSource& source, const StateDict& tensors,
                      CheckpointLayout layout) {
  const std::map<std::string, std::string> metadata = {{"format", "pt"}};
  if (layout == CheckpointLayout::kOpenAi) {
    if (fs::is_directory(to))
      fail(ErrorCode::kInvalidArgument, to.string(), ": is a folder, expected the name of a file to write");
    write_safetensors(to, tensors, metadata);
    return verify(to, tensors, source, layout);
  }
  const bool hugging_face = layout == CheckpointLayout::kHuggingFace;
  const std::string config = hugging_face ? hugging_face_config(source.config) : "";
  const std::string preprocessor = hugging_face ? hugging_face_preprocessor(source.config.preprocess) : "";
  if (fs::exists(to) && !fs::is_directory(to)) {
    fail(ErrorCode::kInvalidArgument, to.string(), ": is a file; this layout is a folder of files");
  }
  const auto tokenizer = tokenizer_to_write(source);
  if (hugging_face) {
    std::error_code error;
    fs::create_directories(to, error);
    if (error) fail(ErrorCode::kIo, to.string(), ": cannot make the folder: ", error.message());
    write_safetensors(to / "model.safetensors", rename_tensors(tensors, Naming::kHuggingFace), metadata);
    write_file(to / "preprocessor_config.json", preprocessor);
    if (tokenizer) write_tokenizer(to, *tokenizer, source.config.text.context_length);
    write_file(to / "config.json", config);
  } else {
    write_model_folder(to, source.config, tensors, tokenizer.get());
  }
  verify(to, tensors, source, layout);
}

}  // namespace clipkit
