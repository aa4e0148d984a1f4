#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "clipkit/export.h"
#include "clipkit/model.h"

namespace clipkit {

struct OnnxOptions {
  bool normalize = false;      // embeddings of length 1
  bool joint = false;          // one file with both towers and the logits of each picture and text instead
  bool external_data = false;  // weights in a file beside the model, as those of more than 1.5 GB are in any case
};

struct OnnxFile {
  std::filesystem::path model, weights;  // weights "": within the model
  int64_t model_bytes = 0, weights_bytes = 0;
};

// Writes the towers of a checkpoint (whatever load() takes) into a folder as ONNX files, opset 17, float32, for any
// batch and any text length up to the context's: vision_model.onnx, text_model.onnx, or model.onnx with both. Inputs,
// outputs and metadata: docs/onnx.md. Of load_options, device, precision and threads mean nothing here; image_tower and
// text_tower choose what is written.
// Errors: those of load(); kUnsupported where the checkpoint lacks a tower that is asked for; kIo, and then no file is
// left half written.
CLIPKIT_API std::vector<OnnxFile> export_onnx(const std::filesystem::path& from, const std::filesystem::path& folder,
                                              const OnnxOptions& options = {}, const LoadOptions& load_options = {});

}  // namespace clipkit
