// layer: api
// Optimiser steps on made-up pairs, by the clock and by processor time (a busy machine's clock says little).
//   train_bench [ARCHITECTURE] [--benchmark_format=json ...]
// Counters: pairs_per_second by the clock, cpu_pairs_per_second as they would be with the threads' processors to
// themselves; of_peak, the part of the measured arithmetic peak that the latter is, counting three times the forward
// pass; memory in MB: parameters, gradients, moments, what else the process held at its peak (packed weights,
// activations, plans), and what plan_step() expected of all and of activations.
#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

#include "base/compute_thread.h"
#include "base/parallel.h"
#include "base/random.h"
#include "clipkit/benchmark.h"
#include "clipkit/error.h"
#include "model/config_source.h"
#include "model/initialize.h"
#include "runtime/open_backend.h"
#include "runtime/peak_rates.h"
#include "train/step_plan.h"

namespace clipkit {
namespace {

std::string architecture = "ViT-B-32";
constexpr int kTypicalTokens = 12;

// Captions of 8 to 16 tokens, 12 on average, with pixels between -2 and 2.
struct MadePairs {
  Tensor pixels, tokens;
  std::vector<std::span<const int32_t>> texts;

  MadePairs(const ModelConfig& config, int64_t n)
      : pixels(Tensor::empty({n, 3, config.image_size(), config.image_size()})),
        tokens(Tensor::zeros({n, config.text.context_length}, DType::kInt32)) {
    Random random(1, RandomUse::kDrawing);
    for (float& value : pixels.span<float>()) value = 4 * random.uniform() - 2;
    for (int64_t i = 0; i < n; ++i) {
      const std::span<int32_t> row = tokens.row<int32_t>(i);
      const auto end = static_cast<size_t>(kTypicalTokens - 5 + static_cast<int>(random.below(9)));
      row[0] = config.text.vocab_size - 2;
      for (size_t j = 1; j < end; ++j) row[j] = static_cast<int32_t>(random.below(1000));
      row[end] = config.text.vocab_size - 1;
      texts.push_back(row);
    }
  }
};

// A field of /proc/self/status in MB.
double status_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  return 0;
}
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
}

double gflop_of_step(const ModelConfig& config, int64_t batch) {
  return 3 * static_cast<double>(batch) * (image_gflop(config) + text_gflop(config, kTypicalTokens));
}

void step(benchmark::State& state) {
  run_on_compute_thread([&] {
    const int64_t batch = state.range(0);
    const bool bf16 = state.range(1) != 0;
    const PeakRates peak = measure_peak_rates();
    if (bf16 && peak.bf16_gflops <= 0) return state.SkipWithError("this CPU has no bf16 products");
    malloc_trim(0);  // what the benchmark before this one left
    forget_peak();
    const double before = status_mb("VmRSS");
    const ModelConfig config = config_by_name_or_file(architecture);
    const std::unique_ptr<Backend> backend = open_backend("cpu", bf16 ? DType::kBFloat16 : DType::kFloat32);
    const std::unique_ptr<Communicator> ranks = single_process();
    Clip model(config, true, true);
    initialize(model, 1);
    model.start_training(*backend);
    model.prepare(*backend);
    const TrainerOptions options{.optimizer = {}, .grad_checkpointing = state.range(2) != 0};
    Trainer trainer(model, *backend, *ranks, options);
    const StepPlan plan = plan_step(config, *backend, options, batch, kTypicalTokens + 4);
    trainer.workspace().reserve(plan.activations);
    const MadePairs pairs(config, batch);

    double parameters = 0, gradients = 0, moments = 0;
    model.visit_params([&](const std::string&, Param& param) {
      parameters += static_cast<double>(param.value.view().bytes()) / 1e6;
      if (param.grad) gradients += static_cast<double>(param.grad.view().bytes()) / 1e6;
    });
    for (const Optimizer::Entry& entry : trainer.optimizer().entries())
      moments += 2e-6 * static_cast<double>(entry.m.view().bytes());

    int64_t step = 0;
    for (int i = 0; i < 2; ++i) trainer.step({pairs.pixels, pairs.texts}, step++, 1e-5);
    const std::clock_t cpu_begin = std::clock();
    for (auto _ : state) trainer.step({pairs.pixels, pairs.texts}, step++, 1e-5);
    const double cpu_seconds =
        static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC / static_cast<double>(state.iterations());
    const double threads = num_compute_threads();
    const double rate = bf16 ? peak.bf16_gflops : peak.fp32_gflops;
    state.counters["pairs_per_second"] =
        benchmark::Counter(static_cast<double>(state.iterations() * batch), benchmark::Counter::kIsRate);
    state.counters["cpu_pairs_per_second"] = static_cast<double>(batch) * threads / cpu_seconds;
    state.counters["of_peak"] = gflop_of_step(config, batch) * threads / cpu_seconds / rate;
    state.counters["peak_gflops"] = rate;
    const double total = (status_mb("VmHWM") - before) * 1.048576;
    state.counters["memory_mb"] = total;
    state.counters["parameters_mb"] = parameters;
    state.counters["gradients_mb"] = gradients;
    state.counters["moments_mb"] = moments;
    state.counters["planned_mb"] = static_cast<double>(plan.bytes()) / 1e6;
    state.counters["planned_activations_mb"] = static_cast<double>(plan.activations) / 1e6;
    state.counters["other_mb"] = total - parameters - gradients - moments;
  });
}

BENCHMARK(step)
    ->ArgNames({"batch", "bf16", "checkpointing"})
    ->ArgsProduct({{16, 32, 64}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace clipkit

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) clipkit::architecture = argv[1];
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const clipkit::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
