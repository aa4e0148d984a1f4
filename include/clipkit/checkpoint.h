#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clipkit/config.h"
#include "clipkit/export.h"
#include "clipkit/model.h"

namespace clipkit {

// What a checkpoint is, without building the model.
struct TensorInfo {
  std::string name;     // in the file
  std::string maps_to;  // the model's name in the OpenAI layout, "" if it is no part of the model
  std::string dtype, shape;
  int64_t bytes = 0;
};
struct CheckpointInfo {
  std::string path;
  std::string container;  // "safetensors", "PyTorch zip", "TorchScript", "PyTorch stream", "GGUF"
  std::string naming;     // "OpenAI", "open_clip with custom text", "Hugging Face", "clip.cpp"
  std::string prepared;   // what a prepared checkpoint was made from and for; else empty
  ModelConfig config;
  std::vector<std::string> assumptions;  // what the file does not say and was assumed, in sentences
  int64_t parameters = 0, vision_parameters = 0, text_parameters = 0;
  int64_t file_bytes = 0;
  std::vector<TensorInfo> tensors;
  float logit_scale = 0;  // as stored (a log)
  int64_t num_nan = 0;    // weights that are not numbers
};
CLIPKIT_API CheckpointInfo inspect(const std::filesystem::path& path, const LoadOptions& options = {});

// Names of the tensors in a written checkpoint.
enum class CheckpointLayout { kOpenAi, kOpenClip, kHuggingFace };
struct ConvertOptions {
  CheckpointLayout layout = CheckpointLayout::kOpenClip;
  std::optional<DType> dtype{};  // float32, float16, bfloat16; default: as stored
};
// Writes safetensors (kOpenAi: a file; the others: a folder with their config, preprocessing and tokenizer files), then
// reads it back and compares.
CLIPKIT_API void convert_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                                    const ConvertOptions& options, const LoadOptions& load_options = {});

// Writes a folder that load() maps: the weights as they are multiplied, of the precision of load_options on a CPU like
// this one, so that a start has nothing to lay out and processes share them. Answers have the same bits. Everything
// that load_options say is settled with that: load() wants the same precision, and refuses other sizes (docs/formats/
// prepared.md). Errors: those of load(); kUnsupported for a model that is prepared already; kIo.
CLIPKIT_API void prepare_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                                    const LoadOptions& load_options = {});

// (1 - alpha) * first + alpha * second, weight by weight, with the first one's tokenizer: a model between the one that
// fine-tuning began with and the one it ended with often keeps the gain of the one and the robustness of the other
// (WiSE-FT, Wortsman et al. 2022). Stored as float32 unless options say otherwise. Errors: kInvalidArgument for models
// of different architectures or an alpha outside 0 to 1; those of convert_checkpoint.
CLIPKIT_API void average_checkpoints(const std::filesystem::path& first, const std::filesystem::path& second,
                                     double alpha, const std::filesystem::path& to, const ConvertOptions& options = {});

}  // namespace clipkit
