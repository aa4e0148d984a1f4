#include <system_error>

#include "api/write_checkpoint.h"
#include "base/check.h"
#include "clipkit/onnx.h"
#include "export/onnx_file.h"
#include "export/onnx_model.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

OnnxFile write(const OnnxGraph& graph, const fs::path& path, const OnnxOptions& options) {
  const OnnxBytes bytes = write_onnx(graph, path, options.external_data);
  return {.model = path,
          .weights = bytes.weights > 0 ? onnx_data_path(path) : fs::path(),
          .model_bytes = bytes.model,
          .weights_bytes = bytes.weights};
}

}  // namespace

std::vector<OnnxFile> export_onnx(const fs::path& from, const fs::path& folder, const OnnxOptions& options,
                                  const LoadOptions& load_options) {
  const ModelSource source = open_model_source(from, load_options);
  const bool image = load_options.image_tower && source.has_image_tower,
             text = load_options.text_tower && source.has_text_tower;
  if (!image && !text) fail(ErrorCode::kUnsupported, source.place, ": it does not hold the tower that was asked for");
  if (options.joint && !(image && text)) {
    fail(ErrorCode::kUnsupported, source.place, ": one file with logits needs both towers, there is ",
         image ? "no text tower" : "no image tower");
  }
  const StateDict tensors = tensors_to_write(source, load_options, {});
  const auto tokenizer = tokenizer_to_write(source);
  const OnnxSource model{.config = source.config, .tensors = tensors, .tokenizer = tokenizer.get()};

  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot make the folder: ", error.message());
  if (options.joint) return {write(onnx_joint_model(model), folder / "model.onnx", options)};
  std::vector<OnnxFile> files;
  if (image) files.push_back(write(onnx_image_model(model, options.normalize), folder / "vision_model.onnx", options));
  if (text) files.push_back(write(onnx_text_model(model, options.normalize), folder / "text_model.onnx", options));
  return files;
}

}  // namespace clipkit
