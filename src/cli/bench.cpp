#include <algorithm>

#include "clipkit/benchmark.h"
#include "clipkit/model.h"

#include "cli/command.h"
#include "cli/json_line.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

constexpr int kTypicalTokens = 12;  // of a caption, start and end token included

// One line of the table.
struct Result {
  std::string model, what;
  Timing timing;
  double gflop = 0;  // per item

  double gflops() const { return gflop / (timing.best_ms / 1000); }
};

class Bench : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  void time_model(const std::string& name);
  void print_result(const Result& result) const;

  std::vector<std::string> batches_;
  LoadOptions load_;
  int milliseconds_ = 1000;
  bool json_ = false;
  MachinePeak peak_;
};

Manual Bench::manual() {
  Manual manual{
      .name = "bench",
      .arguments = "[MODEL...]",
      .summary = "Measure this machine's arithmetic peak, and each model's time and its ratio to that limit.",
      .argument_help = {{"MODEL", "checkpoints; without any, ViT-B/32 and RN50 with made-up weights"}},
      .options = {},
      .examples = {"clipkit bench --batch 1 --batch 32 --precision bf16"},
  };
  const std::vector<std::pair<std::string, Precision>> precisions = {
      {"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}};
  manual.options.push_back(texts("--batch", "N", &batches_, "items at once; may be repeated").with_default("1 and 32"));
  manual.options.push_back(choice("--precision", precisions, &load_.precision, "operands of matrix products"));
  manual.options.push_back(
      number("--threads", "N", &load_.threads, {0, 1024}, "compute threads").with_default("all processors"));
  manual.options.push_back(text("--device", "NAME", &load_.device, "where to compute"));
  manual.options.push_back(
      number("--time", "N", &milliseconds_, {1, 600000}, "least time for each measurement").with_unit("ms"));
  manual.options.push_back(flag("--json", &json_, "one JSON object a line: the machine, then each measurement"));
  return manual;
}

void Bench::print_result(const Result& result) const {
  const double limit = load_.precision == Precision::kInt8       ? peak_.int8_gops
                       : load_.precision == Precision::kBFloat16 ? peak_.bf16_gflops
                                                                 : peak_.fp32_gflops;
  const double ratio = limit > 0 ? result.gflops() / limit : 0;
  if (json_) {
    JsonLine json;
    json.begin_object().member("model", result.model).member("what", result.what).member("batch", result.timing.batch);
    json.member("runs", result.timing.runs).member("best_ms", result.timing.best_ms);
    json.member("median_ms", result.timing.median_ms).member("gflop", result.gflop);
    json.member("gflops", result.gflops()).member("ratio_to_peak", ratio).end_object();
    print(std::move(json).line());
  } else {
    const auto right = [](const std::string& cell, size_t width) {
      return std::string(cell.size() < width ? width - cell.size() : 0, ' ') + cell;
    };
    const std::string what = result.what + ", batch " + std::to_string(result.timing.batch);
    print("  " + what + std::string(what.size() < 28 ? 28 - what.size() : 1, ' ') +
          right(fixed(result.timing.best_ms, 2), 9) + right(fixed(result.timing.median_ms, 2), 9) +
          right(fixed(result.gflop, 2), 9) + right(fixed(result.gflops(), 0), 9) + right(fixed(100 * ratio, 1), 8) +
          " %\n");
  }
  flush_output();
}

void Bench::time_model(const std::string& name) {
  const Model model = load(name, load_);
  if (!json_) {
    print(name + "\n" + std::string(30, ' ') + "  best ms   median    GFLOP  GFLOP/s   of peak\n");
  }
  const double seconds = milliseconds_ / 1000.0;
  const int context_length = model.config().text.context_length;
  for (const std::string& word : batches_) {
    const int64_t batch = std::stoll(word);
    print_result({name, "image", time_image_encoder(model, batch, seconds), image_gflop(model.config())});
    for (const int tokens : {std::min(kTypicalTokens, context_length), context_length}) {
      print_result({name, "text of " + std::to_string(tokens), time_text_encoder(model, batch, tokens, seconds),
                    text_gflop(model.config(), tokens)});
    }
  }
}

int Bench::run(const Arguments& arguments) {
  std::vector<std::string> names = arguments.all();
  if (names.empty()) names = {"generated:ViT-B/32", "generated:RN50-quickgelu"};
  if (batches_.empty()) batches_ = {"1", "32"};
  for (const std::string& word : batches_) {
    int batch = 0;
    number("--batch", "N", &batch, {1, 65536}, "").set(word);
  }
  peak_ = measure_peak(load_.threads);
  if (json_) {
    JsonLine json;
    json.begin_object().member("cpu_target", peak_.cpu_target).member("threads", peak_.threads);
    json.member("fp32_gflops", peak_.fp32_gflops).member("bf16_gflops", peak_.bf16_gflops);
    json.member("int8_gops", peak_.int8_gops).end_object();
    print(std::move(json).line());
  } else {
    const auto rate = [](double found, const std::string& unit) {
      return found > 0 ? fixed(found, 0) + unit : std::string("not there");
    };
    print("peak of " + std::to_string(peak_.threads) + " threads with " + peak_.cpu_target + ": fp32 " +
          rate(peak_.fp32_gflops, " GFLOP/s") + ", bf16 " + rate(peak_.bf16_gflops, " GFLOP/s") + ", int8 " +
          rate(peak_.int8_gops, " GOP/s") + "\n");
  }
  flush_output();
  for (const std::string& name : names) time_model(name);
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_bench() {
  return std::make_unique<Bench>();
}

}  // namespace clipkit::cli
