// Training: a run from pairs to a checkpoint, told step by step.
//
//   train FOLDER_OR_SHARDS RUN
//   train 'shards/{000000..000099}.tar' runs/first
#include <clipkit/clipkit.h>

#include <cstdio>
#include <exception>
#include <string>

namespace {

void show(const clipkit::TrainStatus& s) {
  std::printf("step %lld of %lld: loss %.3f\n", static_cast<long long>(s.step), static_cast<long long>(s.total_steps),
              s.loss);
}

void train(const std::string& pairs, const std::string& run) {
  // [train]
  clipkit::TrainOptions options;
  options.model = "mini-vit";
  options.train_data = pairs;
  options.logs = run;
  options.batch_size = 2;
  options.epochs = 2;
  options.warmup = 1;
  const clipkit::TrainSummary summary = clipkit::train(options, {.status = show, .stop = {}});
  const clipkit::Model model = clipkit::load(summary.checkpoint);
  // [/train]
  std::printf("%s has features of %d numbers\n", summary.checkpoint.filename().c_str(), model.config().embed_dim);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: train FOLDER_OR_SHARDS RUN\n");
    return 2;
  }
  train(argv[1], argv[2]);
} catch (const std::exception& error) {
  std::fprintf(stderr, "train: %s\n", error.what());
  return 1;
}
