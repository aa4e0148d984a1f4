#include "clipkit/quantize.h"

#include <algorithm>
#include <filesystem>

#include "cli/command.h"
#include "cli/json_line.h"
#include "cli/model_options.h"
#include "cli/pictures.h"
#include "cli/terminal.h"
#include "cli/text_input.h"

namespace clipkit::cli {

namespace {

class Quantize : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void report(const QuantizeReport& report) const;

  QuantizeOptions quantize_;
  LoadOptions load_;
  std::vector<std::string> pictures_;
  PictureOptions reading_;
  std::string texts_, output_;
  bool json_ = false;
};

Manual Quantize::manual() {
  Manual manual{
      .name = "quantize",
      .arguments = "MODEL",
      .summary =
          "Write a checkpoint whose transformer blocks and convolutions multiply in 8 bits, and say how near\n"
          "it stays to float32.\n"
          "Weights get a scale for each output, inputs one for each row while the model runs; channels that are far\n"
          "larger than the rest are evened out, by what calibration saw: give a hundred pictures and texts or more of\n"
          "the kind that the model will see. Every other one calibrates, the rest are the gate: cosine to float32 "
          "(median,\n"
          "and mean of the lowest hundredth), the share of pictures whose nearest text is the same, and the share of "
          "each\n"
          "text's five nearest pictures that stay among them. Below a bound nothing is written, and the exit status is "
          "1.\n"
          "Run the result with --precision int8; without that option every command reads it as float32.",
      .argument_help = {{"MODEL", "a checkpoint file or folder, or the name of a pulled one"}},
      .options = {},
      .examples = {"clipkit quantize ViT-B/32 --output ViT-B-32-int8/ --pictures photos/ --texts captions.txt",
                   "clipkit classify --model ViT-B-32-int8/ --precision int8 photo.jpg \"a dog\" \"a cat\""},
  };
  auto& options = manual.options;
  options.push_back(text("--output", "FOLDER", &output_, "where to write the checkpoint, in open_clip's layout"));
  options.push_back(
      texts("--pictures", "PATH", &pictures_, "pictures to calibrate on, a file or a folder; may be repeated")
          .with_default("64 drawn ones"));
  options.push_back(text("--texts", "FILE", &texts_, "texts to calibrate on, a line each; .jsonl: their member text")
                        .with_default("125 prompts of ImageNet"));
  reading_.add_to(options);
  options.push_back(real("--min-median", "X", &quantize_.min_median, -1, "least median of the cosines of each tower"));
  options.push_back(real("--min-worst", "X", &quantize_.min_worst, -1, "least mean of their lowest hundredth"));
  options.push_back(real("--min-top1", "X", &quantize_.min_top1, 0, "least share of pictures with the same text"));
  options.push_back(
      real("--min-retrieval", "X", &quantize_.min_retrieval, 0, "least share of the five nearest pictures that stay"));
  options.push_back(
      flag("--write-below-bounds", &quantize_.write_below_bounds, "write the checkpoint whatever the gate says"));
  options.push_back(
      number("--threads", "N", &load_.threads, {0, 1024}, "compute threads").with_default("all processors"));
  options.push_back(
      text("--config", "FILE", &load_.config, "architecture, a name or a JSON file").with_default("the checkpoint's"));
  options.push_back(flag("--json", &json_, "the gate as one JSON object"));
  return manual;
}

void Quantize::report(const QuantizeReport& report) const {
  if (json_) {
    JsonLine json;
    json.begin_object();
    const auto add = [&](const std::string& tower, const std::optional<FeatureAgreement>& agreement) {
      if (!agreement) return;
      json.member(tower, agreement->items).member(tower + "_median", agreement->median);
      json.member(tower + "_worst", agreement->worst);
    };
    add("images", report.images);
    add("texts", report.texts);
    if (report.top1_agreement) json.member("top1_agreement", *report.top1_agreement);
    if (report.retrieval_agreement) json.member("retrieval_agreement", *report.retrieval_agreement);
    json.member("passed", report.passed).member("written", report.written).end_object();
    print(std::move(json).line());
    return;
  }
  const auto line = [](const std::string& what, double value, double bound) {
    print("  " + what + std::string(44 - std::min<size_t>(44, what.size()), ' ') + fixed(value, 5) + "   at least " +
          fixed(bound, 5) + (value >= bound ? "\n" : "   MISSED\n"));
  };
  const auto add = [&](const std::string& tower, const std::optional<FeatureAgreement>& agreement) {
    if (!agreement) return;
    line(tower + ", " + std::to_string(agreement->items) + ": cosine, median", agreement->median, quantize_.min_median);
    line(tower + ": cosine, lowest hundredth", agreement->worst, quantize_.min_worst);
  };
  print("int8 beside float32\n");
  add("pictures", report.images);
  add("texts", report.texts);
  if (report.top1_agreement) line("same nearest text", *report.top1_agreement, quantize_.min_top1);
  if (report.retrieval_agreement) {
    line("five nearest pictures that stay", *report.retrieval_agreement, quantize_.min_retrieval);
  }
}

int Quantize::run(const Arguments& arguments) {
  const std::vector<std::string> models = arguments.all();
  if (models.size() != 1) throw UsageError("give one MODEL, not " + std::to_string(models.size()));
  if (output_.empty()) throw UsageError("say where to write: --output FOLDER");
  std::error_code error;
  if (std::filesystem::equivalent(models[0], output_, error)) {
    throw UsageError("MODEL and --output are the same: " + output_);
  }
  if (!pictures_.empty()) {
    const std::vector<std::string> files = list_pictures(pictures_);
    Progress progress("pictures", static_cast<int64_t>(files.size()));
    for (const std::string& file : files) {
      quantize_.images.push_back(read_picture(file, reading_.decode()));
      progress.update(static_cast<int64_t>(quantize_.images.size()));
    }
  }
  if (!texts_.empty()) quantize_.texts = read_texts(texts_);
  const QuantizeReport result = quantize_checkpoint(models[0], output_, quantize_, load_);
  report(result);
  if (!result.written) {
    message("a bound is missed, so nothing was written; --write-below-bounds writes all the same");
    return kFailure;
  }
  message("wrote " + output_ + "; run it with --precision int8");
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_quantize() {
  return std::make_unique<Quantize>();
}

}  // namespace clipkit::cli
