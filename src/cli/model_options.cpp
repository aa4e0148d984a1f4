#include "cli/model_options.h"

#include "cli/json_line.h"
#include "cli/terminal.h"

namespace clipkit::cli {

void ModelOptions::add_model_to(std::vector<Option>& options) {
  options.push_back(text("--model", "FILE", &model_, "checkpoint: .safetensors, .pt or folder, or a pulled name")
                        .with_default("emoji, which comes with clipkit"));
}

void ModelOptions::add_others_to(std::vector<Option>& options) {
  const std::vector<std::pair<std::string, Precision>> precisions = {
      {"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}};
  options.push_back(choice("--precision", precisions, &load_.precision, "operands of matrix products"));
  options.push_back(number("--threads", "N", &load_.threads, {0, 4096}, "compute threads; results do not depend on it")
                        .with_default("all processors"));
  options.push_back(text("--device", "NAME", &load_.device, "where to compute"));
  add_reading_to(options);
}

void ModelOptions::add_reading_to(std::vector<Option>& options) {
  const std::vector<std::pair<std::string, Activation>> activations = {
      {spelled(Activation::kQuickGelu), Activation::kQuickGelu},
      {spelled(Activation::kGelu), Activation::kGelu},
      {spelled(Activation::kGeluTanh), Activation::kGeluTanh}};
  options.push_back(number("--image-size", "N", &load_.image_size, {1, 16384}, "run at another picture size")
                        .with_unit("px")
                        .with_default("the checkpoint's"));
  options.push_back(number("--context-length", "N", &load_.context_length, {2, 1 << 20}, "run at another text length")
                        .with_unit("tokens")
                        .with_default("the checkpoint's"));
  options.push_back(
      choice("--activation", activations, &load_.activation, "activation function").with_default("the checkpoint's"));
  options.push_back(
      text("--config", "FILE", &load_.config, "architecture, a name or a JSON file").with_default("the checkpoint's"));
  options.push_back(
      flag("--fp16-weights", &load_.round_weights_to_fp16, "round weights to fp16 as OpenAI's loader does"));
}

Model ModelOptions::load(bool image_tower, bool text_tower) const {
  LoadOptions options = load_;
  options.image_tower = image_tower;
  options.text_tower = text_tower;
  Model model = clipkit::load(name(), options);
  if (model_.empty()) {
    message("without --model: the small model that comes with clipkit, which knows emoji and simple drawings alone");
  }
  if (model_.starts_with("generated:") && (image_tower || text_tower)) {
    message("the weights of " + model_ + " are made up, so its answers mean nothing");
  }
  return model;
}

std::string ModelOptions::settings() const {
  JsonLine json;
  json.begin_object().member("model", name());
  json.member("precision", to_string(load_.precision));
  if (load_.image_size) json.member("image_size", *load_.image_size);
  if (load_.context_length) json.member("context_length", *load_.context_length);
  if (load_.activation) json.member("activation", spelled(*load_.activation));
  if (!load_.config.empty()) json.member("config", load_.config);
  json.member("fp16_weights", load_.round_weights_to_fp16);
  return json.end_object().text();
}

const char* spelled(Activation activation) noexcept {
  switch (activation) {
    case Activation::kQuickGelu:
      return "quick_gelu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kGeluTanh:
      return "gelu_tanh";
  }
  return "";
}

}  // namespace clipkit::cli
