#include "clipkit/audit.h"

#include "cli/command.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalTypographic : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  TypographicOptions o_;
  int64_t seed_ = 0;
};

Manual EvalTypographic::manual() {
  Manual manual{
      .name = "eval typographic",
      .arguments = "",
      .summary =
          "Write the name of a wrong class on each picture, and say how often the model believes it.\n"
          "Accuracy without and with the words, and how often the answer becomes the written word. Words are written\n"
          "on the picture as the model sees it, at places and in colours that the seed decides.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval typographic --model ViT-B-32.pt --data cifar10:/data/cifar10 --report out"},
  };
  eval_.add_to(manual.options, "NAME:PATH of a known set (clipkit data sets), a folder of class folders, or a .csv");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
  manual.options.push_back(whole("--seed", "N", &seed_, 0, "of the words, their places and colours"));
  manual.options.push_back(
      number("--pictures", "N", &o_.num_pictures, {0, 1000}, "that fooled the model, for the report"));
  manual.options.push_back(texts("--template", "TEXT", &o_.templates, "prompt with {} for the class; may be repeated")
                               .with_default("the set's templates"));
  return manual;
}

int EvalTypographic::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  o_.seed = static_cast<uint64_t>(seed_);
  const TypographicResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_typographic(o_, callbacks); });
  eval_.finish(result, [&] {
    print(result.origin.title + ": " + std::to_string(result.origin.pictures) + " pictures, " +
          std::to_string(result.origin.classes) + " classes\n");
    print("accuracy without words     " + spelled(result.before) + "\n");
    print("accuracy with words        " + spelled(result.after) + "\n");
    print("the word is the answer     " + spelled(result.word_after) + "\n");
    print("  without it               " + spelled(result.word_before) + "\n");
    print("  where it was right       " + spelled(result.fooled) + "\n");
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_typographic() {
  return std::make_unique<EvalTypographic>();
}

}  // namespace clipkit::cli
