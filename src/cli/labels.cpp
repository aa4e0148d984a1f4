#include "cli/labels.h"

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "clipkit/error.h"
#include "clipkit/npy.h"
#include "clipkit/prompts.h"
#include "clipkit/tensor_file.h"

#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/terminal.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

constexpr const char* kTensorName = "classifier";

std::string as_json(const std::vector<std::string>& words) {
  JsonLine json;
  return json.array(std::span<const std::string>(words)).text();
}

std::vector<std::string> merge_repeated(const std::vector<std::string>& labels) {
  std::vector<std::string> merged;
  std::unordered_set<std::string_view> seen;
  for (const std::string& label : labels) {
    if (label.empty()) throw UsageError("label " + std::to_string(&label - labels.data() + 1) + " is empty");
    if (seen.insert(label).second) {
      merged.push_back(label);
    } else {
      message("warning: the label \"" + label + "\" is given more than once; it counts once");
    }
  }
  return merged;
}

// The lines of a file, each once and without empty ones, or the built-in words for "".
std::vector<std::string> read_vocabulary(const std::string& file) {
  if (file.empty()) return label_vocabulary();
  std::vector<std::string> words;
  std::unordered_set<std::string> seen;
  for (std::string& line : read_texts(file)) {
    if (line.find_first_not_of(" \t") != std::string::npos && seen.insert(line).second)
      words.push_back(std::move(line));
  }
  return words;
}

// Progress, Ctrl-C and the cache for many labels.
LabelCache label_cache() {
  const auto line = std::make_shared<std::optional<Progress>>();
  return {.progress = [line](int64_t done, int64_t total) {
    if (!*line) line->emplace("words", total, -1);
    (*line)->update(done);
    return !InterruptGuard::requested();
  }};
}

std::vector<std::string> parse_labels(const std::string& json, const std::string& place) {
  try {
    return nlohmann::json::parse(json).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupt, place + ": the list of labels is damaged: " + error.what());
  }
}

}  // namespace

void LabelOptions::add_to(std::vector<Option>& options) {
  options.push_back(text("--labels", "FILE", &file_, "one label a line instead, each put into the template"));
  options.push_back(optional_text("--vocabulary", "FILE", &vocabulary_,
                                  "propose words of a built-in vocabulary, or of FILE, one a line, instead"));
  options.push_back(text("--label-set", "NAME", &set_, "the class names of a data set instead, e.g. imagenet"));
  options.push_back(texts("--template", "TEXT", &templates_, "prompt with {} for the label; may be repeated")
                        .with_default("\"a photo of a {}.\" with --labels, \"{}\" otherwise"));
  options.push_back(text("--templates", "SET", &template_set_, "the templates of a data set instead, e.g. imagenet"));
}

void LabelOptions::add_saving_to(std::vector<Option>& options) {
  options.push_back(
      text("--save-classifier", "FILE", &save_to_, "keep the encoded labels: .safetensors, or .npy without names"));
  options.push_back(text("--classifier", "FILE", &saved_, "use labels that were kept"));
}

void LabelOptions::resolve(const std::vector<std::string>& arguments) {
  const int sources =
      !arguments.empty() + !file_.empty() + !set_.empty() + vocabulary_.has_value() + is_saved_with_labels();
  if (sources > 1)
    throw UsageError("labels come from one place: arguments, --labels, --vocabulary, --label-set or --classifier");
  if (sources == 0)
    throw UsageError("there is nothing to choose from: give labels, --labels FILE, --vocabulary or --label-set NAME");
  if (!templates_.empty() && !template_set_.empty()) throw UsageError("--template and --templates exclude each other");
  if (!saved_.empty() && !(templates_.empty() && template_set_.empty())) {
    throw UsageError("--classifier is encoded already: templates have no effect on it");
  }
  if (!save_to_.empty() && !save_to_.ends_with(".safetensors") && !save_to_.ends_with(".npy")) {
    throw UsageError("--save-classifier writes .safetensors or .npy, not " + save_to_);
  }
  if (!saved_.empty() && !is_saved_with_labels() && !saved_.ends_with(".npy")) {
    throw UsageError("--classifier reads .safetensors or .npy, not " + saved_);
  }

  if (vocabulary_) {
    labels_ = read_vocabulary(*vocabulary_);
  } else {
    labels_ = !file_.empty() ? read_texts(file_) : !set_.empty() ? class_names(set_) : arguments;
    labels_ = merge_repeated(labels_);
  }
  if (labels_.empty() && !is_saved_with_labels())
    throw Error(ErrorCode::kInvalidArgument,
                (vocabulary_ ? *vocabulary_ : file_) + ": there are no labels in this file");
  if (!template_set_.empty()) templates_ = prompt_templates(template_set_);
  if (templates_.empty()) templates_ = {file_.empty() && set_.empty() && !vocabulary_ ? "{}" : "a photo of a {}."};
  for (const std::string& one : templates_) {
    if (one.find("{}") == std::string::npos) throw UsageError("the template \"" + one + "\" has no {} for the label");
  }
}

ZeroShotClassifier LabelOptions::make(const Model& model, const std::string& model_name) const {
  ZeroShotClassifier classifier;
  if (!saved_.empty()) {
    classifier = read(model, model_name);
  } else {
    classifier.labels = labels_;
    classifier.weights = vocabulary_ ? encode_labels(model, labels_, templates_, label_cache())
                                     : model.zero_shot_classifier(labels_, templates_);
  }
  if (!save_to_.empty()) save(classifier, model_name);
  return classifier;
}

Rejector LabelOptions::make_rejector(const Model& model, const ZeroShotClassifier& classifier,
                                     const std::string& file) const {
  std::optional<RejectRule> rule;
  if (!file.empty()) rule = read_reject_rule(file);
  try {
    return {model, classifier.labels, templates_, classifier.weights, rule, label_cache()};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument || file.empty()) throw;
    throw Error(error.code(), file + ": " + error.what());
  }
}

ZeroShotClassifier LabelOptions::read(const Model& model, const std::string& model_name) const {
  ZeroShotClassifier classifier;
  classifier.labels = labels_;
  if (is_saved_with_labels()) {
    NamedTensors file = read_tensor_file(saved_);
    const auto tensor = file.tensors.find(kTensorName);
    const auto labels = file.metadata.find("labels");
    if (tensor == file.tensors.end() || labels == file.metadata.end()) {
      throw Error(ErrorCode::kCorrupt,
                  saved_ + ": not written by --save-classifier: no tensor \"classifier\" or no labels");
    }
    classifier.labels = parse_labels(labels->second, saved_);
    classifier.weights = std::move(tensor->second);
    if (const auto made_with = file.metadata.find("model");
        made_with != file.metadata.end() && made_with->second != model_name) {
      message("warning: " + saved_ + " was made with " + made_with->second + ", not with " + model_name);
    }
  } else {
    classifier.weights = read_npy(saved_);
  }
  const Shape expected = {static_cast<int64_t>(classifier.labels.size()), int64_t{model.config().embed_dim}};
  if (classifier.weights.dtype() != DType::kFloat32 || !(classifier.weights.shape() == expected)) {
    throw Error(ErrorCode::kInvalidArgument, saved_ + ": has " + to_string(classifier.weights.dtype()) + " " +
                                                 to_string(classifier.weights.shape()) + ", expected float32 " +
                                                 to_string(expected) + " (labels, embed_dim of the model)");
  }
  return classifier;
}

void LabelOptions::save(const ZeroShotClassifier& classifier, const std::string& model_name) const {
  if (save_to_.ends_with(".npy")) {
    write_npy(save_to_, classifier.weights);
    return;
  }
  NamedTensors file;
  file.tensors.emplace(kTensorName, Tensor(classifier.weights.view(), classifier.weights.owner()));
  file.metadata = {{"labels", as_json(classifier.labels)}, {"templates", as_json(templates_)}, {"model", model_name}};
  write_tensor_file(save_to_, file);
}

}  // namespace clipkit::cli
