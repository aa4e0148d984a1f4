#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <optional>

#include "clipkit/error.h"
#include "clipkit/model.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/labels.h"
#include "cli/model_options.h"
#include "cli/phase_clock.h"
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
  // What is said of one picture.
  struct Answer {
    const std::string& file;
    std::span<const float> logits, probabilities;
    bool is_scored = false;           // with --reject
    double score = 0, threshold = 0;  // below it: none of the labels
    bool is_rejected() const { return is_scored && score < threshold; }
  };
  void report(const Answer& answer, const std::vector<std::string>& labels, bool name_it) const;
  void report_json(const Answer& answer, const std::vector<std::string>& labels) const;

  LabelOptions labels_;
  ModelOptions model_;
  PictureOptions pictures_;
  std::optional<std::string> reject_;
  int top_k_ = 5;
  bool json_ = false, timing_ = false;
};

Manual Classify::manual() {
  Manual manual{
      .name = "classify",
      .arguments = "PICTURE... [--] LABEL...",
      .summary =
          "Say which words fit a picture: cosine similarity, learned temperature, softmax over the labels.\n"
          "A softmax is over the words that are given: one of them always wins. With --reject a picture may be none\n"
          "of these. Without FILE the labels are weighed against some 700 words of a vocabulary that are unlike all\n"
          "of them (neglabel, Jiang et al. 2024); the picture is declined if the words together weigh more than the\n"
          "labels. With the model that comes with clipkit and ten labels that declines some 90 % of the pictures of\n"
          "other things and 2 % of those of the labels; with hundreds of labels little is declined. No other model "
          "was\n"
          "measured: what this keeps with one of OpenAI's is not known. To keep a part of your pictures that you\n"
          "choose, calibrate a rule with \"clipkit eval reject\".\n"
          "With --vocabulary no labels are asked for: words of a vocabulary that fit best are proposed. It is encoded\n"
          "once for each model and kept in the cache. JSON has --top-k words then, not all of them.",
      .argument_help = {{"PICTURE", "files or folders; arguments that exist as files are pictures until --"},
                        {"LABEL", "words to choose from, used as they stand"}},
      .options = {},
      .examples = {"clipkit classify pictures/ --reject \"a dog\" \"a cat\"",
                   "clipkit classify pictures/ --labels classes.txt --reject=none.json",
                   "clipkit classify pictures/ --vocabulary",
                   "clipkit classify CLIP.png \"a diagram\" \"a dog\" \"a cat\""},
  };
  std::vector<Option>& options = manual.options;
  labels_.add_to(options);
  model_.add_model_to(options);
  options.push_back(number("--top-k", "N", &top_k_, {1}, "labels to print per picture"));
  options.push_back(optional_text("--reject", "FILE", &reject_,
                                  "say \"none of these\" where no label fits; FILE: a rule of \"eval reject --save\""));
  options.push_back(flag("--json", &json_, "one JSON object per picture on stdout"));
  options.push_back(flag("--timing", &timing_,
                         "say on stderr where the time went: start (loading the program), model (mapping, laying out), "
                         "labels (text tower), decoding (waiting for it), image tower, answers"));
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

// The labels of the `wanted` largest probabilities, best first, of equal ones in their order.
std::vector<size_t> ranked(std::span<const float> probabilities, int wanted) {
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t shown = std::min(order.size(), static_cast<size_t>(wanted));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](size_t a, size_t b) {
                      return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
                    });
  order.resize(shown);
  return order;
}

void Classify::report_json(const Answer& answer, const std::vector<std::string>& labels) const {
  JsonLine json;
  json.begin_object().member("file", answer.file);
  if (answer.is_scored) {
    json.member("rejected", answer.is_rejected()).member("score", answer.score);
    json.member("threshold", answer.threshold);
  }
  std::vector<size_t> shown = ranked(answer.probabilities, labels_.is_vocabulary() ? top_k_ : 0);
  if (shown.empty()) {
    shown.resize(labels.size());
    std::iota(shown.begin(), shown.end(), size_t{0});
  }
  for (const auto& [key, values] :
       {std::pair{"probabilities", answer.probabilities}, std::pair{"logits", answer.logits}}) {
    json.key(key).begin_object();
    for (const size_t i : shown) json.member(labels[i], values[i]);
    json.end_object();
  }
  json.end_object();
  print(std::move(json).line());
}

void Classify::report(const Answer& answer, const std::vector<std::string>& labels, bool name_it) const {
  if (json_) return report_json(answer, labels);
  const std::string indent = name_it ? "  " : "";
  if (name_it) print(answer.file + "\n");
  if (answer.is_rejected()) return print(indent + "none of these\n");
  for (const size_t i : ranked(answer.probabilities, top_k_))
    print(indent + fixed(answer.probabilities[i], 4) + "  " + labels[i] + "\n");
}

int Classify::run(const Arguments& arguments) {
  PhaseClock clock;
  const Split given = split(arguments);
  labels_.resolve(given.labels);
  if (reject_ && labels_.is_vocabulary())
    throw UsageError("--reject weighs labels against the vocabulary: with --vocabulary there is nothing to decline");
  if (reject_ && !labels_.has_prompts())
    throw UsageError("--reject needs the labels' prompts, which --classifier has not: give labels");
  const std::vector<std::string> files = list_pictures(given.pictures);
  const bool name_them = files.size() > 1 || files.front() != given.pictures.front();

  const InterruptGuard interrupt;
  clock.spent_on("start");
  const Model model = model_.load(true, labels_.has_prompts());
  clock.spent_on("model");
  const ZeroShotClassifier classifier = labels_.make(model, model_.name());
  std::optional<Rejector> rejector;
  if (reject_) rejector = labels_.make_rejector(model, classifier, *reject_);
  clock.spent_on("labels");
  const PreprocessConfig& preprocess = model.config().preprocess;
  PictureLoader loader(files, preprocess, pictures_.decode(), 2 * kBatch);
  Progress progress("pictures", static_cast<int64_t>(files.size()));

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
    clock.spent_on("decoding");
    if (!good.empty()) {
      const Tensor features = model.encode_pixels(pixels.view().slice(0, static_cast<int64_t>(good.size())));
      clock.spent_on("image tower");
      const Tensor logits = model.logits(features, classifier.weights).logits_per_image;
      const Tensor probabilities = softmax(logits);
      std::vector<double> scores;
      if (rejector) scores = rejector->scores(features);
      for (size_t i = 0; i < good.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        Answer answer{files[good[i]], logits.row<float>(row), probabilities.row<float>(row)};
        if (rejector) {
          answer.is_scored = true;
          answer.score = scores[i];
          answer.threshold = rejector->threshold();
        }
        report(answer, classifier.labels, name_them);
      }
    }
    flush_output();
    progress.update(static_cast<int64_t>(end));
    clock.spent_on("answers");
  }
  if (timing_) message(clock.report());
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
