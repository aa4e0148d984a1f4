#include "clipkit/onnx.h"

#include "cli/command.h"
#include "cli/json_line.h"
#include "cli/model_options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Export : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  enum class Towers { kBoth, kImage, kText };

  void report(const OnnxFile& file) const;

  ModelOptions model_;
  OnnxOptions onnx_;
  Towers towers_ = Towers::kBoth;
  std::string folder_;
  bool json_ = false;
};

Manual Export::manual() {
  Manual manual{
      .name = "export",
      .arguments = "--onnx FOLDER",
      .summary =
          "Write a model for the run-times of others: its towers as ONNX files, for any batch and text length.\n"
          "vision_model.onnx takes pixel_values and gives image_embeds, text_model.onnx takes input_ids and gives "
          "text_embeds;\n"
          "docs/onnx.md says how to run them.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit export --model ViT-B/32 --onnx clip-onnx/",
                   "clipkit export --model ViT-B/32 --onnx clip-onnx/ --joint"},
  };
  const std::vector<std::pair<std::string, Towers>> towers = {
      {"both", Towers::kBoth}, {"image", Towers::kImage}, {"text", Towers::kText}};
  manual.options.push_back(text("--onnx", "FOLDER", &folder_, "where to write ONNX files, opset 17"));
  model_.add_model_to(manual.options);
  manual.options.push_back(choice("--tower", towers, &towers_, "which to write"));
  manual.options.push_back(flag("--normalize", &onnx_.normalize, "embeddings of length 1"));
  manual.options.push_back(
      flag("--joint", &onnx_.joint,
           "one file, model.onnx, with both towers and logits_per_image; its embeddings have length 1"));
  manual.options.push_back(flag("--external-data", &onnx_.external_data,
                                "weights in a file beside the model, as those of more than 1.5 GB are in any case"));
  model_.add_reading_to(manual.options);
  manual.options.push_back(flag("--json", &json_, "one JSON object per file on stdout"));
  return manual;
}

void Export::report(const OnnxFile& file) const {
  if (!json_) {
    print(file.model.string() + "  " + human_bytes(file.model_bytes) + "\n");
    if (!file.weights.empty()) print(file.weights.string() + "  " + human_bytes(file.weights_bytes) + "\n");
    return;
  }
  JsonLine json;
  json.begin_object().member("model", file.model.string()).member("model_bytes", file.model_bytes);
  if (!file.weights.empty()) {
    json.member("weights", file.weights.string()).member("weights_bytes", file.weights_bytes);
  }
  print(std::move(json.end_object()).line());
}

int Export::run(const Arguments& arguments) {
  if (const std::vector<std::string> rest = arguments.all(); !rest.empty()) {
    throw UsageError("there is nothing to do with " + rest[0] + "; the checkpoint goes after --model");
  }
  if (folder_.empty()) throw UsageError("say what to write and where: --onnx FOLDER");
  if (onnx_.joint && towers_ != Towers::kBoth) throw UsageError("--joint is for both towers, --tower for one");
  LoadOptions options = model_.load_options();
  options.image_tower = towers_ != Towers::kText;
  options.text_tower = towers_ != Towers::kImage;
  for (const OnnxFile& file : export_onnx(model_.name(), folder_, onnx_, options)) report(file);
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_export() {
  return std::make_unique<Export>();
}

}  // namespace clipkit::cli
