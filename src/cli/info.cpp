#include <algorithm>
#include <cmath>
#include <map>

#include "clipkit/checkpoint.h"

#include "cli/command.h"
#include "cli/json_line.h"
#include "cli/model_options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Info : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void print_text(const CheckpointInfo& info) const;
  void print_json(const CheckpointInfo& info) const;

  std::string config_;
  bool tensors_ = false, json_ = false;
};

Manual Info::manual() {
  Manual manual{
      .name = "info",
      .arguments = "[FILE]",
      .summary =
          "Say what a checkpoint is: architecture, parameters, number types, preprocessing, and what had to be "
          "assumed.",
      .argument_help =
          {{"FILE",
            "a checkpoint file or folder, or the name of a pulled one; without: the model that comes with clipkit"}},
      .options = {},
      .examples = {"clipkit info ViT-B-32.pt", "clipkit info --tensors open_clip_folder/"},
  };
  manual.options.push_back(flag("--tensors", &tensors_, "list the tensors and what each is in the model"));
  manual.options.push_back(flag("--json", &json_, "one JSON object on stdout"));
  manual.options.push_back(
      text("--config", "FILE", &config_, "architecture, a name or a JSON file").with_default("the checkpoint's"));
  return manual;
}

// "float16 302, float32 4": tensors of each type.
std::map<std::string, int64_t> count_dtypes(const CheckpointInfo& info) {
  std::map<std::string, int64_t> counts;
  for (const TensorInfo& tensor : info.tensors) ++counts[tensor.dtype];
  return counts;
}

std::string describe(const TransformerConfig& transformer) {
  return "width " + std::to_string(transformer.width) + ", " + std::to_string(transformer.layers) + " layers, " +
         std::to_string(transformer.heads) + " heads, MLP " + std::to_string(transformer.mlp_width) + ", " +
         spelled(transformer.activation);
}

std::string describe(const VitConfig& vision) {
  return "ViT, " + std::to_string(vision.image_size) + " px in patches of " + std::to_string(vision.patch_size) +
         " px, " + describe(vision.transformer);
}

std::string describe(const ResNetConfig& vision) {
  std::string blocks;
  for (const int count : vision.blocks) {
    if (!blocks.empty()) blocks += '+';
    blocks += std::to_string(count);
  }
  return "ResNet, " + std::to_string(vision.image_size) + " px, " + blocks + " blocks, stem width " +
         std::to_string(vision.stem_width) + ", attention pool with " + std::to_string(vision.heads) + " heads";
}

std::string describe(const PreprocessConfig& preprocess) {
  const char* const modes[] = {"shorter side to size, then crop", "longer side to size, then pad",
                               "both sides to size"};
  const auto numbers = [](const std::array<float, 3>& values) {
    return fixed(values[0], 4) + " " + fixed(values[1], 4) + " " + fixed(values[2], 4);
  };
  return std::to_string(preprocess.width) + "x" + std::to_string(preprocess.height) + " px, " +
         modes[static_cast<size_t>(preprocess.resize_mode)] + ", " +
         (preprocess.interpolation == Interpolation::kBicubic ? "bicubic" : "bilinear") + ", " +
         (preprocess.color_order == ColorOrder::kAfterCrop ? "RGB after the crop" : "RGB first") + ", mean " +
         numbers(preprocess.mean) + ", deviation " + numbers(preprocess.std);
}

void Info::print_text(const CheckpointInfo& info) const {
  const auto line = [](const std::string& what, const std::string& value) {
    print(what + std::string(what.size() < 15 ? 15 - what.size() : 1, ' ') + value + "\n");
  };
  const TextConfig& text = info.config.text;
  line("file", info.path + (info.file_bytes > 0 ? ", " + human_bytes(info.file_bytes) : ""));
  line("kind", info.container + (info.naming.empty() ? "" : " with the names of " + info.naming));
  if (!info.prepared.empty()) line("prepared", info.prepared);
  line("image tower", std::visit([](const auto& vision) { return describe(vision); }, info.config.vision));
  line("text tower", std::to_string(text.context_length) + " tokens of " + std::to_string(text.vocab_size) + ", " +
                         describe(text.transformer));
  line("embed_dim", std::to_string(info.config.embed_dim));
  line("parameters", std::to_string(info.parameters) + " (image " + std::to_string(info.vision_parameters) + ", text " +
                         std::to_string(info.text_parameters) + ")");
  std::string dtypes;
  for (const auto& [dtype, count] : count_dtypes(info)) {
    dtypes += (dtypes.empty() ? "" : ", ") + dtype + " in " + std::to_string(count);
  }
  line("tensors", std::to_string(info.tensors.size()) + " (" + dtypes + ")");
  line("logit_scale", fixed(std::exp(info.logit_scale), 4) + " (stored as " + fixed(info.logit_scale, 4) + ")");
  line("preprocessing", describe(info.config.preprocess));
  for (const std::string& assumption : info.assumptions) line("assumed", assumption);
  if (info.num_nan > 0) line("warning", std::to_string(info.num_nan) + " weights are not numbers");
  if (!tensors_) return;
  print("\n");
  size_t name_width = 0, shape_width = 0;
  for (const TensorInfo& tensor : info.tensors) {
    name_width = std::max(name_width, tensor.name.size());
    shape_width = std::max(shape_width, tensor.shape.size());
  }
  const auto padded = [](const std::string& word, size_t width) {
    return word + std::string(width - word.size() + 2, ' ');
  };
  for (const TensorInfo& tensor : info.tensors) {
    const std::string role = tensor.maps_to.empty()          ? "(no part of the model)"
                             : tensor.maps_to == tensor.name ? "="
                                                             : tensor.maps_to;
    print(padded(tensor.name, name_width) + padded(tensor.dtype, 9) + padded(tensor.shape, shape_width) + role + "\n");
  }
}

void Info::print_json(const CheckpointInfo& info) const {
  JsonLine json;
  json.begin_object().member("file", info.path).member("container", info.container).member("naming", info.naming);
  if (!info.prepared.empty()) json.member("prepared", info.prepared);
  json.key("config").raw(to_json(info.config));
  json.member("parameters", info.parameters).member("vision_parameters", info.vision_parameters);
  json.member("text_parameters", info.text_parameters).member("file_bytes", info.file_bytes);
  json.member("logit_scale", info.logit_scale).member("num_nan", info.num_nan);
  json.key("assumptions").array(std::span<const std::string>(info.assumptions)).key("dtypes").begin_object();
  for (const auto& [dtype, count] : count_dtypes(info)) json.member(dtype, count);
  json.end_object();
  if (tensors_) {
    json.key("tensors").begin_array();
    for (const TensorInfo& tensor : info.tensors) {
      json.begin_object().member("name", tensor.name).member("dtype", tensor.dtype).key("shape").raw(tensor.shape);
      json.member("bytes", tensor.bytes).member("maps_to", tensor.maps_to).end_object();
    }
    json.end_array();
  }
  print(std::move(json.end_object()).line());
}

int Info::run(const Arguments& arguments) {
  std::vector<std::string> files = arguments.all();
  if (files.empty()) files = {"emoji"};
  if (files.size() > 1) throw UsageError("give one checkpoint, not " + std::to_string(files.size()));
  LoadOptions options;
  options.config = config_;
  const CheckpointInfo info = inspect(files.front(), options);
  json_ ? print_json(info) : print_text(info);
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_info() {
  return std::make_unique<Info>();
}

}  // namespace clipkit::cli
