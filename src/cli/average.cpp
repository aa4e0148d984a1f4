#include "clipkit/checkpoint.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Average : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  ConvertOptions convert_;
  double alpha_ = 0.5;
};

Manual Average::manual() {
  Manual manual{
      .name = "average",
      .arguments = "FIRST SECOND TO",
      .summary =
          "Mix the weights of two checkpoints of one architecture: (1 - alpha) FIRST + alpha SECOND.\n"
          "Between the model that fine-tuning began with and the one it ended with lie models that know the new "
          "pictures and\n"
          "have not forgotten the others (WiSE-FT).",
      .argument_help = {{"FIRST, SECOND", "checkpoint files or folders, or names of pulled ones"},
                        {"TO", "a folder, or a file for the layout openai"}},
      .options = {},
      .examples = {"clipkit average ViT-B-32.pt runs/fine/checkpoints/step-0000004000 mixed/ --alpha 0.5"},
  };
  const std::vector<std::pair<std::string, CheckpointLayout>> layouts = {{"openai", CheckpointLayout::kOpenAi},
                                                                         {"open_clip", CheckpointLayout::kOpenClip},
                                                                         {"hf", CheckpointLayout::kHuggingFace}};
  const std::vector<std::pair<std::string, DType>> dtypes = {
      {"fp32", DType::kFloat32}, {"fp16", DType::kFloat16}, {"bf16", DType::kBFloat16}};
  manual.options.push_back(real("--alpha", "X", &alpha_, 0, "the second one's share, 0 to 1"));
  manual.options.push_back(choice("--layout", layouts, &convert_.layout, "whose names"));
  manual.options.push_back(
      choice("--dtype", dtypes, &convert_.dtype, "number type of the weights").with_default("fp32"));
  return manual;
}

int Average::run(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all();
  if (paths.size() != 3)
    throw UsageError("give three paths, FIRST, SECOND and TO, not " + std::to_string(paths.size()));
  if (alpha_ > 1) throw UsageError("--alpha is " + fixed(alpha_, 3) + ", expected 0 to 1");
  average_checkpoints(paths[0], paths[1], alpha_, paths[2], convert_);
  message("wrote " + paths[2] + "; read back, it is what was meant");
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_average() {
  return std::make_unique<Average>();
}

}  // namespace clipkit::cli
