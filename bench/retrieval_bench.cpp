// layer: eval cpu
// Ranks of retrieval in both directions: N pictures, 5 N captions, 512 features. Time grows with N^2.
#include <benchmark/benchmark.h>

#include <ctime>

#include "base/compute_thread.h"
#include "base/random.h"
#include "cpu/cpu_backend.h"
#include "eval/retrieval.h"

namespace clipkit {
namespace {

Tensor unit_rows(Backend& backend, int64_t n, uint32_t part) {
  Tensor rows = Tensor::empty({n, 512});
  Random random(1, RandomUse::kDrawing, part);
  for (float& value : rows.span<float>()) value = random.uniform() - 0.5F;
  ops::normalize_rows(backend, {.x = rows, .y = rows});
  return rows;
}

void ranks(benchmark::State& state) {
  run_on_compute_thread([&] {
    const auto backend = make_cpu_backend();
    const Tensor images = unit_rows(*backend, state.range(0), 1), texts = unit_rows(*backend, 5 * state.range(0), 2);
    std::vector<int64_t> image_of;
    for (int64_t t = 0; t < 5 * state.range(0); ++t) image_of.push_back(t / 5);
    const std::clock_t start = std::clock();
    for (auto _ : state) benchmark::DoNotOptimize(retrieval_ranks(*backend, images, texts, image_of));
    state.counters["cpu_s"] = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    state.counters["dot_products"] =
        benchmark::Counter(static_cast<double>(5 * state.range(0) * state.range(0)), benchmark::Counter::kIsRate);
  });
}
BENCHMARK(ranks)->Arg(1000)->Arg(10'000)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace clipkit
