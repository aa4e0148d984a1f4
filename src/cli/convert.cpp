#include <filesystem>

#include "clipkit/checkpoint.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Convert : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  ConvertOptions convert_;
  std::string config_;
};

Manual Convert::manual() {
  Manual manual{
      .name = "convert",
      .arguments = "FROM TO",
      .summary =
          "Write a checkpoint as safetensors under other names or with another number type, and check it by reading "
          "back.",
      .argument_help =
          {{"FROM", "a checkpoint file or folder, or the name of a pulled one"},
           {"TO", "a file for openai; a folder for open_clip and hf, with their configuration beside the weights"}},
      .options = {},
      .examples = {"clipkit convert ViT-B-32.pt ViT-B-32.safetensors --layout openai --dtype fp16",
                   "clipkit convert ViT-B-32.pt clip-vit-base-patch32/ --layout hf"},
  };
  const std::vector<std::pair<std::string, CheckpointLayout>> layouts = {{"openai", CheckpointLayout::kOpenAi},
                                                                         {"open_clip", CheckpointLayout::kOpenClip},
                                                                         {"hf", CheckpointLayout::kHuggingFace}};
  const std::vector<std::pair<std::string, DType>> dtypes = {
      {"fp32", DType::kFloat32}, {"fp16", DType::kFloat16}, {"bf16", DType::kBFloat16}};
  manual.options.push_back(choice("--layout", layouts, &convert_.layout, "whose names"));
  manual.options.push_back(
      choice("--dtype", dtypes, &convert_.dtype, "number type of the weights").with_default("as stored"));
  manual.options.push_back(
      text("--config", "FILE", &config_, "architecture, a name or a JSON file").with_default("the checkpoint's"));
  return manual;
}

int Convert::run(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all();
  if (paths.size() != 2) throw UsageError("give two paths, FROM and TO, not " + std::to_string(paths.size()));
  std::error_code error;
  if (std::filesystem::equivalent(paths[0], paths[1], error)) throw UsageError("FROM and TO are the same: " + paths[0]);
  LoadOptions options;
  options.config = config_;
  convert_checkpoint(paths[0], paths[1], convert_, options);
  message("wrote " + paths[1] + "; read back, it is what was meant");
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_convert() {
  return std::make_unique<Convert>();
}

}  // namespace clipkit::cli
