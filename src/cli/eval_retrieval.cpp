#include "clipkit/evaluate.h"

#include "cli/command.h"
#include "cli/compact_choices.h"
#include "cli/eval_options.h"

namespace clipkit::cli {

namespace {

class EvalRetrieval : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  EvalOptions eval_;
  RetrievalOptions o_;
};

Manual EvalRetrieval::manual() {
  Manual manual{
      .name = "eval retrieval",
      .arguments = "",
      .summary =
          "How often the right caption is among the nearest of a picture, and the right picture of a caption.\n"
          "Exact: all pictures are compared with all captions, in blocks; equal similarities count by their order.",
      .argument_help = {},
      .options = {},
      .examples = {"clipkit eval retrieval --model ViT-B-32.pt --data flickr30k:/data/f30k --prompt \"a photo of {}\"",
                   "clipkit eval retrieval --data 'val-{0000..0003}.tar'"},
  };
  eval_.add_to(manual.options,
               "flickr30k:PATH, flickr8k:PATH or mscoco:PATH with Karpathy's list, or any pairs: shards, .csv, folder");
  eval_.add_split_to(manual.options);
  eval_.add_resamples_to(manual.options);
  manual.options.push_back(
      text("--prompt", "TEXT", &o_.prompt, "what each caption is put into; CLIP's own numbers have \"a photo of {}\""));
  manual.options.push_back(
      choice("--dtype", compact_choices(), &o_.stored,
             "compare embeddings as `clipkit embed --dtype` keeps them: what that costs in recall"));
  return manual;
}

int EvalRetrieval::run(const Arguments& arguments) {
  o_.input = eval_.input(arguments);
  if (o_.prompt.find("{}") == std::string::npos) throw UsageError("--prompt has no {} for the caption");
  const RetrievalResult result =
      evaluate([&](const EvalCallbacks& callbacks) { return evaluate_retrieval(o_, callbacks); });
  eval_.finish(result, [&] {
    print(std::to_string(result.origin.pictures) + " pictures, " + std::to_string(result.captions) + " captions\n");
    std::vector<std::vector<std::string>> rows = {{"", "R@1", "R@5", "R@10", "median rank", "mean rank"}};
    for (const auto& [name, s] : {std::pair{"captions for a picture", &result.image_to_text},
                                  std::pair{"pictures for a caption", &result.text_to_image}}) {
      rows.push_back({name, spelled(s->recall_at_1), spelled(s->recall_at_5), spelled(s->recall_at_10),
                      fixed(s->median_rank, 0), fixed(s->mean_rank, 1)});
    }
    print_table(rows);
  });
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_eval_retrieval() {
  return std::make_unique<EvalRetrieval>();
}

}  // namespace clipkit::cli
