#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "clipkit/error.h"
#include "clipkit/model.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/labels.h"
#include "cli/model_options.h"
#include "cli/picture_loader.h"
#include "cli/pictures.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

constexpr size_t kBatch = 16;

class Classify : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  struct Split {
    std::vector<std::string> pictures, labels;
  };
  Split split(const Arguments& arguments) const;
  void report(const std::string& file, const std::vector<std::string>& labels, std::span<const float> logits,
              std::span<const float> probabilities, bool name_it) const;

  LabelOptions labels_;
  ModelOptions model_;
  PictureOptions pictures_;
  int top_k_ = 5;
  bool json_ = false;
};

Manual Classify::manual() {
  Manual manual{
      .name = "classify",
      .arguments = "PICTURE... [--] LABEL...",
      .summary = "Say which words fit a picture: cosine similarity, learned temperature, softmax over the labels.",
      .argument_help = {{"PICTURE", "files or folders; arguments that exist as files are pictures until --"},
                        {"LABEL", "words to choose from, used as they stand"}},
      .options = {},
      .examples = {"clipkit classify CLIP.png \"a diagram\" \"a dog\" \"a cat\""},
  };
  std::vector<Option>& options = manual.options;
  labels_.add_to(options);
  model_.add_model_to(options);
  options.push_back(number("--top-k", "N", &top_k_, {1}, "labels to print per picture"));
  options.push_back(flag("--json", &json_, "one JSON object per picture on stdout"));
  labels_.add_saving_to(options);
  pictures_.add_to(options);
  model_.add_others_to(options);
  return manual;
}

// Before "--" an argument that exists is a picture. If "--" is there, or labels come from elsewhere, all that stand
// before it are; otherwise one that does not exist is a label, unless it is spelled like a picture's file.
Classify::Split Classify::split(const Arguments& arguments) const {
  Split split;
  const bool all_pictures = arguments.has_separator || labels_.gives_labels();
  for (const std::string& argument : arguments.before) {
    std::error_code error;
    const bool is_picture =
        all_pictures || argument == "-" || std::filesystem::exists(argument, error) || has_picture_name(argument);
    (is_picture ? split.pictures : split.labels).push_back(argument);
  }
  split.labels.insert(split.labels.end(), arguments.after.begin(), arguments.after.end());
  if (split.pictures.empty()) {
    throw UsageError(arguments.before.empty()
                         ? "there is no picture among the arguments"
                         : "there is no picture: \"" + arguments.before.front() + "\" does not exist");
  }
  return split;
}

void Classify::report(const std::string& file, const std::vector<std::string>& labels, std::span<const float> logits,
                      std::span<const float> probabilities, bool name_it) const {
  if (json_) {
    JsonLine json;
    json.begin_object().member("file", file);
    for (const auto& [key, values] : {std::pair{"probabilities", probabilities}, std::pair{"logits", logits}}) {
      json.key(key).begin_object();
      for (size_t i = 0; i < labels.size(); ++i) json.member(labels[i], values[i]);
      json.end_object();
    }
    json.end_object();
    print(std::move(json).line());
    return;
  }
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t shown = std::min(order.size(), static_cast<size_t>(top_k_));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](size_t a, size_t b) {
                      return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
                    });
  if (name_it) print(file + "\n");
  for (size_t i = 0; i < shown; ++i) {
    print((name_it ? "  " : "") + fixed(probabilities[order[i]], 4) + "  " + labels[order[i]] + "\n");
  }
}

int Classify::run(const Arguments& arguments) {
  const Split given = split(arguments);
  labels_.resolve(given.labels);
  const std::vector<std::string> files = list_pictures(given.pictures);
  const bool name_them = files.size() > 1 || files.front() != given.pictures.front();

  const Model model = model_.load(true, labels_.needs_text_tower());
  const ZeroShotClassifier classifier = labels_.make(model, model_.name());
  const PreprocessConfig& preprocess = model.config().preprocess;
  PictureLoader loader(files, preprocess, pictures_.decode(), 2 * kBatch);
  Progress progress("pictures", static_cast<int64_t>(files.size()));
  const InterruptGuard interrupt;

  size_t failed = 0;
  for (size_t begin = 0; begin < files.size(); begin += kBatch) {
    if (InterruptGuard::requested()) throw Interrupted("stopped after " + std::to_string(begin) + " pictures");
    const size_t end = std::min(begin + kBatch, files.size());
    std::vector<size_t> good;
    const int64_t size = 3 * int64_t{preprocess.height} * preprocess.width;
    Tensor pixels = Tensor::empty({static_cast<int64_t>(end - begin), 3, preprocess.height, preprocess.width});
    for (size_t i = begin; i < end; ++i) {
      const PictureLoader::Picture picture = loader.next();
      if (picture.error.empty()) {
        std::copy(picture.pixels.begin(), picture.pixels.end(),
                  pixels.data<float>() + static_cast<int64_t>(good.size()) * size);
        good.push_back(i);
      } else {
        message(picture.error);
        ++failed;
      }
    }
    if (!good.empty()) {
      const Tensor features = model.encode_pixels(pixels.view().slice(0, static_cast<int64_t>(good.size())));
      const Tensor logits = model.logits(features, classifier.weights).logits_per_image;
      const Tensor probabilities = softmax(logits);
      for (size_t i = 0; i < good.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        report(files[good[i]], classifier.labels, logits.row<float>(row), probabilities.row<float>(row), name_them);
      }
    }
    flush_output();
    progress.update(static_cast<int64_t>(end));
  }
  if (failed > 0 && files.size() > 1) {
    message(std::to_string(failed) + " of " + std::to_string(files.size()) + " pictures could not be read");
  }
  return failed > 0 ? kFailure : kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_classify() {
  return std::make_unique<Classify>();
}

}  // namespace clipkit::cli
