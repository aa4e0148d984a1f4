#include "clipkit/report.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Plot : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  MetricPlotOptions options_;
  std::string output_ = "plot.svg";
};

Manual Plot::manual() {
  Manual manual{
      .name = "plot",
      .arguments = "RUN...",
      .summary =
          "Draw one metric of several training runs into one picture.\n"
          "The names are those of metrics.jsonl, such as train/loss, val/text_to_image_R@1 or train/lr.",
      .argument_help = {{"RUN", "folders of clipkit train; each is a line, named as its folder"}},
      .options = {},
      .examples = {"clipkit plot runs/fp32 runs/bf16 --smooth 20 --output loss.svg",
                   "clipkit plot runs/* --metric val/image_to_text_R@1"},
  };
  manual.options.push_back(text("--metric", "NAME", &options_.metric, "what is drawn"));
  manual.options.push_back(
      number("--smooth", "N", &options_.smoothing, {1, 1 << 20}, "each point is the mean of N values"));
  manual.options.push_back(text("--output", "FILE", &output_, "the picture, an SVG file"));
  return manual;
}

int Plot::run(const Arguments& arguments) {
  const std::vector<std::string> runs = arguments.all();
  if (runs.empty()) throw UsageError("give the folders of one or more runs");
  plot_metric({runs.begin(), runs.end()}, options_, output_);
  message("wrote " + output_);
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_plot() {
  return std::make_unique<Plot>();
}

}  // namespace clipkit::cli
