#include "clipkit/curate.h"
#include "clipkit/error.h"

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/interrupt.h"

namespace clipkit::cli {

namespace {

class DataPack : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  DataOptions data_;
  ShardOptions shards_;
  PackOptions o_;
};

Manual DataPack::manual() {
  Manual manual{
      .name = "data pack",
      .arguments = "PAIRS...",
      .summary =
          "Pack image-text pairs into WebDataset shards, pictures byte for byte.\n"
          "Pairs that cannot be read are left out and named in dropped.jsonl. A run that was stopped or killed goes on "
          "with\n"
          "--resume, to the same bytes.",
      .argument_help = {{"PAIRS", kPairsHelp}},
      .options = {},
      .examples = {"clipkit data pack --output shards pairs.csv",
                   "clipkit data pack --output shards --resume pairs.csv"},
  };
  shards_.add_to(manual.options);
  manual.options.push_back(whole("--max-samples", "N", &o_.max_pairs, 1, "only the first so many").with_default("all"));
  data_.add_to(manual.options);
  return manual;
}

int DataPack::run(const Arguments& arguments) {
  o_.input = data_.input(arguments);
  o_.output = shards_.output();
  const InterruptGuard interrupt;
  PartProgress progress;
  const PackSummary summary =
      resumable([&] { return pack_pairs(o_, progress.callbacks([] { return InterruptGuard::requested(); })); });
  message(std::to_string(summary.written) + " of " + std::to_string(summary.pairs) + " pairs in " +
          std::to_string(summary.shards) + " shards, " + human_bytes(summary.bytes) +
          (summary.dropped > 0 ? "; dropped.jsonl names the " + std::to_string(summary.dropped) + " others" : ""));
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_data_pack() {
  return std::make_unique<DataPack>();
}

}  // namespace clipkit::cli
