// Races clipkit against ONNX Runtime: the same weights, inputs and threads, run by run in turn, so that whatever else
// the machine does meets both.
//
//   peers [MODEL] [--threads N] [--rounds N] [--batch N]... [--json]
//
// MODEL: what clipkit::load takes, generated:ViT-B/32 without it. Needs node with onnxruntime-node. Both sides are held
// against each other before anything is timed.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/clipkit.h"
#include "peer_process.h"

namespace clipkit::peers {
namespace {

namespace fs = std::filesystem;

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

// Lengths of captions as people write them, start and end token included: 13 on average.
constexpr int kLengths[] = {12, 9, 16, 11, 13, 10, 24, 12, 8, 14, 11, 19, 10, 13, 17, 15};

struct Captions {
  Tensor tokens;     // (N, longest)
  double gflop = 0;  // of one, on average
};

// Rows of made-up words with the end token at their length, zeros behind it.
Captions made_captions(const ModelConfig& config, int batch, int columns) {
  const int end = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
  Captions captions{Tensor::zeros({batch, columns}, DType::kInt64)};
  for (int n = 0; n < batch; ++n) {
    const int length = std::min(kLengths[static_cast<size_t>(n) % std::size(kLengths)], columns);
    const auto row = captions.tokens.row<int64_t>(n);
    for (int i = 0; i + 1 < length; ++i) row[static_cast<size_t>(i)] = (n * 7919 + i * 104729) % (end - 1);
    row[static_cast<size_t>(length - 1)] = end;
    captions.gflop += text_gflop(config, length) / batch;
  }
  return captions;
}

int longest(int batch) {
  return *std::max_element(kLengths, kLengths + std::min<size_t>(static_cast<size_t>(batch), std::size(kLengths)));
}

Tensor made_pixels(const ModelConfig& config, int batch) {
  Tensor pixels = Tensor::empty({batch, 3, config.preprocess.height, config.preprocess.width});
  for (int64_t i = 0; i < pixels.num_elements(); ++i) {
    pixels.data<float>()[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i)));
  }
  return pixels;
}

struct Runner {
  std::string who;
  std::function<double()> run;  // milliseconds
  bool bf16 = false;            // in bf16 products, else fp32
  std::vector<double> times{};

  double best() const { return *std::min_element(times.begin(), times.end()); }
  double median() const {
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

template <class Work>
double milliseconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

class Race {
 public:
  explicit Race(const Arguments& arguments)
      : arguments_(arguments), peak_(measure_peak(arguments.threads)), peer_(arguments.threads) {
    std::string pattern = (fs::temp_directory_path() / "clipkit-peers-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    export_onnx(arguments.model, folder_);
    LoadOptions options;
    options.threads = arguments.threads;
    models_.emplace_back("clipkit fp32", load(arguments.model, options));
    if (peak_.bf16_gflops == 0) return;
    options.precision = Precision::kBFloat16;
    models_.emplace_back("clipkit bf16", load(arguments.model, options));
  }
  ~Race() {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  void run() {
    announce();
    for (const int batch : arguments_.batches) {
      image(batch);
      text(batch);
    }
  }

 private:
  // The limit is the most that the machine gave at any time between two races.
  void see_peak() {
    const MachinePeak now = measure_peak(arguments_.threads);
    peak_.fp32_gflops = std::max(peak_.fp32_gflops, now.fp32_gflops);
    peak_.bf16_gflops = std::max(peak_.bf16_gflops, now.bf16_gflops);
  }

  const ModelConfig& config() const { return models_.front().second.config(); }

  void announce() const {
    if (arguments_.json) {
      std::printf(
          "{\"model\": \"%s\", \"threads\": %d, \"cpu_target\": \"%s\", \"fp32_gflops\": %.1f, \"bf16_gflops\": %.1f, "
          "\"onnxruntime\": \"%s\"}\n",
          arguments_.model.c_str(), arguments_.threads, peak_.cpu_target.c_str(), peak_.fp32_gflops, peak_.bf16_gflops,
          peer_.version().c_str());
      return;
    }
    std::printf("%s, %d threads, %s: peak fp32 %.0f, bf16 %.0f GFLOP/s; ONNX Runtime %s\n", arguments_.model.c_str(),
                arguments_.threads, peak_.cpu_target.c_str(), peak_.fp32_gflops, peak_.bf16_gflops,
                peer_.version().c_str());
    std::printf("%-12s %-30s %9s %9s %12s %10s\n", "", "ms an item:", "median", "best", "x peer", "of peak");
  }

  // Ours with a number type each, on one input.
  template <class Encode>
  std::vector<Runner> ours(const Encode& encode) {
    std::vector<Runner> runners;
    for (const auto& [who, model] : models_) {
      const bool bf16 = &model != &models_.front().second;
      runners.push_back({who, [&model = model, encode] { return milliseconds_of([&] { encode(model); }); }, bf16});
    }
    return runners;
  }
  Runner peers(const std::string& who, const char* file, const char* input, const fs::path& path) {
    return {who, [=, this] { return peer_.run(folder_ / file, "-", input, path); }};
  }
  // An input as a file; the peer remembers what it has read, so each has a name of its own.
  fs::path keep(const Tensor& tensor) {
    const fs::path path = folder_ / ("input" + std::to_string(++inputs_) + ".npy");
    write_npy(path, tensor);
    return path;
  }
  // One run for its outputs, against ours.
  void compare(const char* file, const char* input, const fs::path& path, const char* output, const Tensor& expected) {
    peer_.run(folder_ / file, folder_.string(), input, path);
    const Tensor found = read_npy(folder_ / (std::string(output) + ".npy"));
    double largest = 0, scale = 0;
    for (int64_t i = 0; i < expected.num_elements(); ++i) {
      largest = std::max(largest, std::abs(double{found.data<float>()[i]} - expected.data<float>()[i]));
      scale = std::max(scale, std::abs(double{expected.data<float>()[i]}));
    }
    if (!(largest <= 1e-4 * scale)) {
      throw std::runtime_error(std::string(output) + " differ by " + std::to_string(largest / scale) + " relative");
    }
  }

  void image(int batch) {
    const Tensor pixels = made_pixels(config(), batch);
    const fs::path path = keep(pixels);
    compare("vision_model.onnx", "pixel_values", path, "image_embeds", models_.front().second.encode_pixels(pixels));
    std::vector<Runner> runners = ours([&](const Model& model) { model.encode_pixels(pixels); });
    runners.push_back(peers("ONNX Runtime fp32", "vision_model.onnx", "pixel_values", path));
    race("image, " + std::to_string(batch), batch, image_gflop(config()), runners, 1);
  }

  // The peer both at the columns that the longest caption needs and, as its users run it, at the whole context.
  void text(int batch) {
    const int context = config().text.context_length;
    const Captions captions = made_captions(config(), batch, std::min(longest(batch), context));
    const fs::path path = keep(captions.tokens), padded = keep(made_captions(config(), batch, context).tokens);
    for (const fs::path& input : {path, padded}) {
      compare("text_model.onnx", "input_ids", input, "text_embeds",
              models_.front().second.encode_tokens(captions.tokens));
    }
    std::vector<Runner> runners = ours([&](const Model& model) { model.encode_tokens(captions.tokens); });
    const std::string who = "ONNX Runtime fp32, ";
    const std::string columns = std::to_string(captions.tokens.shape()[1]), all = std::to_string(context);
    runners.push_back(peers(who + columns + " columns", "text_model.onnx", "input_ids", path));
    runners.push_back(peers(who + all + " columns", "text_model.onnx", "input_ids", padded));
    race("text, " + std::to_string(batch), batch, captions.gflop, runners, 2);
  }

  // The last num_peers runners are the others'; each of ours is held against every one of them.
  void race(const std::string& what, int batch, double gflop, std::vector<Runner>& runners, size_t num_peers) {
    for (int round = 0; round < arguments_.rounds; ++round) {
      for (Runner& runner : runners) {
        runner.run();  // takes caches and processors back from whoever was before
        runner.times.push_back(runner.run() / batch);
      }
    }
    see_peak();
    for (size_t i = 0; i < runners.size(); ++i) {
      const double peak = runners[i].bf16 ? peak_.bf16_gflops : peak_.fp32_gflops, median = runners[i].median();
      std::vector<double> times_faster;
      for (size_t p = runners.size() - num_peers; p < runners.size() && i < runners.size() - num_peers; ++p) {
        times_faster.push_back(runners[p].median() / median);
      }
      print_row(what, runners[i], times_faster, peak, gflop / (runners[i].best() / 1000) / peak);
    }
    std::fflush(stdout);
  }

  void print_row(const std::string& what, const Runner& runner, const std::vector<double>& times_faster, double peak,
                 double ratio_to_peak) const {
    std::string ratios;
    for (const double ratio : times_faster) {
      char text[32];
      std::snprintf(text, sizeof text, "%.2f", ratio);
      ratios += (ratios.empty() ? "" : ", ") + std::string(text);
    }
    if (arguments_.json) {
      std::printf(
          "{\"what\": \"%s\", \"who\": \"%s\", \"median_ms\": %.4f, \"best_ms\": %.4f, \"times_faster\": [%s], "
          "\"peak_gflops\": %.1f, \"ratio_to_peak\": %.4f}\n",
          what.c_str(), runner.who.c_str(), runner.median(), runner.best(), ratios.c_str(), peak, ratio_to_peak);
    } else {
      std::printf("%-12s %-30s %9.3f %9.3f %12s %8.1f %%\n", what.c_str(), runner.who.c_str(), runner.median(),
                  runner.best(), ratios.c_str(), 100 * ratio_to_peak);
    }
  }

  Arguments arguments_;
  MachinePeak peak_;
  PeerProcess peer_;
  fs::path folder_;
  std::vector<std::pair<std::string, Model>> models_;
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
