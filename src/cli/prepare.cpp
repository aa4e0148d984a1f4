#include <filesystem>

#include "clipkit/checkpoint.h"

#include "cli/command.h"
#include "cli/model_options.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Prepare : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  ModelOptions model_;
  std::string output_;
};

Manual Prepare::manual() {
  Manual manual{
      .name = "prepare",
      .arguments = "MODEL",
      .summary =
          "Write a model as it is multiplied on this machine, so that every later start maps it and has no work to "
          "do.\n"
          "FOLDER is then a model like any other for commands that run one; answers have the same bits. Processes "
          "that\n"
          "run it share its memory. It is for one precision and for CPUs with the same instructions, and refused\n"
          "where it does not fit; keep the checkpoint, from which it can be made again.",
      .argument_help = {{"MODEL", "a checkpoint file or folder, or the name of a pulled one"}},
      .options = {},
      .examples = {"clipkit prepare ViT-B/32 --output ViT-B-32-ready/",
                   "clipkit embed --model ViT-B-32-ready/ --output photos.npy photos/"},
  };
  manual.options.push_back(text("--output", "FOLDER", &output_, "where to write it"));
  model_.add_others_to(manual.options);
  return manual;
}

int Prepare::run(const Arguments& arguments) {
  const std::vector<std::string> models = arguments.all();
  if (models.size() != 1) throw UsageError("give one MODEL, not " + std::to_string(models.size()));
  if (output_.empty()) throw UsageError("say where to write: --output FOLDER");
  std::error_code error;
  if (std::filesystem::equivalent(models[0], output_, error)) {
    throw UsageError("MODEL and --output are the same: " + output_);
  }
  prepare_checkpoint(models[0], output_, model_.load_options());
  const std::string precision = to_string(model_.load_options().precision);
  message("wrote " + output_ + (precision == "fp32" ? "" : "; run it with --precision " + precision));
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_prepare() {
  return std::make_unique<Prepare>();
}

}  // namespace clipkit::cli
