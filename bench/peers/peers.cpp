// Races clipkit against ONNX Runtime: the same weights, inputs and threads, run by run in turn, so that whatever else
// the machine does meets both.
//
//   peers [MODEL] [--threads N] [--rounds N] [--batch N]... [--json]
//
// MODEL: what clipkit::load takes, generated:ViT-B/32 without it. Needs node with onnxruntime-node. Both sides are held
// against each other before anything is timed. int8 is what our own quantize makes of the model, if it passes its gate.
// The peer runs fp32 alone: what quantises a model for it is a Python program, onnxruntime-node has none.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inputs.h"
#include "peer_process.h"
#include "support/temporary_folder.h"

namespace clipkit::peers {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string model = "generated:ViT-B/32";
  int threads = 2, rounds = 15;
  std::vector<int> batches;
  bool json = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&] {
      const int value = i + 1 < argc ? std::atoi(argv[++i]) : 0;
      if (value < 1) throw std::invalid_argument(std::string(word) + " wants a number from 1 on");
      return value;
    };
    if (word == "--json") {
      arguments.json = true;
    } else if (word == "--threads") {
      arguments.threads = number();
    } else if (word == "--rounds") {
      arguments.rounds = number();
    } else if (word == "--batch") {
      arguments.batches.push_back(number());
    } else if (word.starts_with("-")) {
      throw std::invalid_argument("there is no option " + std::string(word));
    } else {
      arguments.model = word;
    }
  }
  if (arguments.batches.empty()) arguments.batches = {1, 32};
  return arguments;
}

template <class Work>
double milliseconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

struct Runner {
  std::string who;
  std::function<double()> run;                            // milliseconds
  double MachinePeak::*peak = &MachinePeak::fp32_gflops;  // of what its products are of
  std::vector<double> times{};

  double best() const { return *std::min_element(times.begin(), times.end()); }
  double median() const {
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

class Race {
 public:
  explicit Race(const Arguments& arguments)
      : arguments_(arguments), peer_(arguments.threads), peak_(measure_peak(arguments.threads)) {
    export_onnx(arguments.model, folder_.path());
    LoadOptions options;
    options.threads = arguments.threads;
    models_.push_back({"clipkit fp32", load(arguments.model, options), &MachinePeak::fp32_gflops});
    if (peak_.bf16_gflops > 0) {
      options.precision = Precision::kBFloat16;
      models_.push_back({"clipkit bf16", load(arguments.model, options), &MachinePeak::bf16_gflops});
    }
    options.precision = Precision::kFloat32;
    const auto folder = folder_ / "int8";
    gate_ = quantize_checkpoint(arguments.model, folder, {}, options);
    if (!gate_.written) return;
    options.precision = Precision::kInt8;
    models_.push_back({"clipkit int8", load(folder, options), &MachinePeak::int8_gops});
  }

  void run() {
    announce();
    for (const int batch : arguments_.batches) {
      image(batch);
      text(batch);
    }
  }

 private:
  struct Ours {
    std::string who;
    Model model;
    double MachinePeak::*peak;
  };

  const Model& fp32() const { return models_.front().model; }
  const ModelConfig& config() const { return fp32().config(); }

  // Ours with a number type each, on one input.
  template <class Encode>
  std::vector<Runner> ours(const Encode& encode) {
    std::vector<Runner> runners;
    for (const Ours& one : models_) {
      runners.push_back({one.who, [&one, encode] { return milliseconds_of([&] { encode(one.model); }); }, one.peak});
    }
    return runners;
  }
  Runner theirs(const std::string& who, const char* file, const char* input, const std::filesystem::path& path) {
    return {who, [=, this] { return peer_.run(folder_ / file, "-", input, path); }};
  }
  // An input as a file; the peer remembers what it has read, so each has a name of its own.
  std::filesystem::path keep(const Tensor& tensor) {
    auto path = folder_ / ("input" + std::to_string(++inputs_) + ".npy");
    write_npy(path, tensor);
    return path;
  }
  // One run for its outputs, against ours.
  void compare(const char* file, const char* input, const std::filesystem::path& path, const std::string& output,
               const Tensor& expected) {
    peer_.run(folder_ / file, folder_.path(), input, path);
    const Tensor found = read_npy(folder_ / (output + ".npy"));
    if (found.shape() != expected.shape()) {
      throw std::runtime_error(output + " are " + to_string(found.shape()) + ", ours " + to_string(expected.shape()));
    }
    double scale = 0;
    for (const float x : expected.span<float>()) scale = std::max(scale, std::abs(double{x}));
    for (int64_t i = 0; i < expected.num_elements(); ++i) {
      const double apart = std::abs(double{found.data<float>()[i]} - expected.data<float>()[i]);
      if (!(apart <= 1e-4 * scale)) {  // nor what is no number
        throw std::runtime_error(output + " differ by " + std::to_string(apart / scale) + " relative");
      }
    }
  }

  void image(int batch) {
    const Tensor pixels = made_pixels(config(), batch);
    const auto path = keep(pixels);
    compare("vision_model.onnx", "pixel_values", path, "image_embeds", fp32().encode_pixels(pixels));
    std::vector<Runner> runners = ours([&](const Model& model) { model.encode_pixels(pixels); });
    runners.push_back(theirs("ONNX Runtime fp32", "vision_model.onnx", "pixel_values", path));
    race("image, " + std::to_string(batch), batch, image_gflop(config()), runners, 1);
  }

  // The peer both at the columns that the longest caption needs and, as its users run it, at the whole context.
  void text(int batch) {
    const int needed = longest_caption(config(), batch), all = config().text.context_length;
    const Tensor tokens = made_captions(config(), batch, needed);
    std::vector<Runner> runners = ours([&](const Model& model) { model.encode_tokens(tokens); });
    for (const int columns : {needed, all}) {
      const auto path = keep(made_captions(config(), batch, columns));
      compare("text_model.onnx", "input_ids", path, "text_embeds", fp32().encode_tokens(tokens));
      runners.push_back(
          theirs("ONNX Runtime fp32, " + std::to_string(columns) + " columns", "text_model.onnx", "input_ids", path));
    }
    race("text, " + std::to_string(batch), batch, caption_gflop(config(), batch), runners, 2);
  }

  // The last num_peers runners are the others'; each of ours is held against every one of them.
  void race(const std::string& what, int batch, double gflop, std::vector<Runner>& runners, size_t num_peers) {
    for (int round = 0; round < arguments_.rounds; ++round) {
      for (Runner& runner : runners) {
        runner.run();  // takes caches and processors back from whoever was before
        runner.times.push_back(runner.run() / batch);
      }
    }
    // The limit is the most that the machine gave at any time between two races.
    const MachinePeak now = measure_peak(arguments_.threads);
    for (const auto kind : {&MachinePeak::fp32_gflops, &MachinePeak::bf16_gflops, &MachinePeak::int8_gops}) {
      peak_.*kind = std::max(peak_.*kind, now.*kind);
    }
    const size_t num_ours = runners.size() - num_peers;
    for (size_t i = 0; i < runners.size(); ++i) {
      std::vector<double> times_faster;
      for (size_t p = num_ours; p < runners.size() && i < num_ours; ++p) {
        times_faster.push_back(runners[p].median() / runners[i].median());
      }
      print_row(what, runners[i], times_faster, gflop);
    }
  }

  void announce() const {
    if (arguments_.json) {
      return print(Json{{"model", arguments_.model},
                        {"threads", arguments_.threads},
                        {"cpu_target", peak_.cpu_target},
                        {"onnxruntime", peer_.version()},
                        {"int8", gate_figures()}}
                       .dump());
    }
    print(arguments_.model + ", " + std::to_string(arguments_.threads) + " threads, " + peak_.cpu_target +
          "; ONNX Runtime " + peer_.version());
    print("int8 beside fp32: " + gate_figures().dump());
    std::printf("%-12s %-30s %9s %9s %14s %10s\n", "", "ms an item:", "median", "best", "x peer", "of peak");
  }

  // What int8 keeps of fp32.
  Json gate_figures() const {
    Json figures{{"passed", gate_.passed}};
    for (const auto& [tower, agreement] : {std::pair("images", gate_.images), {"texts", gate_.texts}}) {
      if (agreement) figures[tower] = {{"median_cosine", agreement->median}, {"worst_cosine", agreement->worst}};
    }
    if (gate_.top1_agreement) figures["same_nearest_text"] = *gate_.top1_agreement;
    if (gate_.retrieval_agreement) figures["nearest_pictures_kept"] = *gate_.retrieval_agreement;
    return figures;
  }

  void print_row(const std::string& what, const Runner& runner, const std::vector<double>& times_faster,
                 double gflop) const {
    // 0 where the CPU has no products of bytes.
    const double peak = peak_.*runner.peak, ratio_to_peak = peak > 0 ? gflop / (runner.best() / 1000) / peak : 0;
    if (arguments_.json) {
      return print(Json{{"what", what},
                        {"who", runner.who},
                        {"median_ms", runner.median()},
                        {"best_ms", runner.best()},
                        {"times_faster", times_faster},
                        {"peak_gflops", peak},
                        {"ratio_to_peak", ratio_to_peak}}
                       .dump());
    }
    std::string ratios;
    for (const double ratio : times_faster) {
      char text[32];
      std::snprintf(text, sizeof text, "%s%.2f", ratios.empty() ? "" : ", ", ratio);
      ratios += text;
    }
    std::printf("%-12s %-30s %9.3f %9.3f %14s %8.1f %%\n", what.c_str(), runner.who.c_str(), runner.median(),
                runner.best(), ratios.c_str(), 100 * ratio_to_peak);
    std::fflush(stdout);
  }

  static void print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  Arguments arguments_;
  testing::TemporaryFolder folder_;
  PeerProcess peer_;
  MachinePeak peak_;
  std::vector<Ours> models_;
  QuantizeReport gate_;
  int inputs_ = 0;
};

}  // namespace
}  // namespace clipkit::peers

int main(int argc, char** argv) {
  try {
    clipkit::peers::Race(clipkit::peers::parse(argc, argv)).run();
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 1;
  }
}
