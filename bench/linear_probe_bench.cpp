// layer: transfer
// The whole search of the regulariser and the last fit: 50,000 pictures x 768 features with 100 classes, 5,000 of them
// for validation. Features as image towers give them: classes overlap, and a few directions have most of the variance.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/compute_thread.h"
#include "base/parallel.h"
#include "base/random.h"
#include "transfer/linear_probe.h"

namespace clipkit {
namespace {

constexpr int64_t kWidth = 768;
constexpr int32_t kClasses = 100;

struct Made {
  Tensor x;
  std::vector<int32_t> labels;
};

Made make(int64_t n, uint32_t part) {
  Made made{Tensor::empty({n, kWidth}), {}};
  std::vector<float> means(static_cast<size_t>(kClasses * kWidth));
  Random random(1, RandomUse::kDrawing);
  for (float& mean : means) mean = static_cast<float>(random.normal());
  for (int64_t i = 0; i < n; ++i) made.labels.push_back(static_cast<int32_t>(i % kClasses));
  for (int64_t i = 0; i < n; ++i) {
    Random noise(2, RandomUse::kDrawing, part, static_cast<uint64_t>(i));
    const float* mean = means.data() + made.labels[static_cast<size_t>(i)] * kWidth;
    const auto row = made.x.row<float>(i);
    for (int64_t d = 0; d < kWidth; ++d) {
      const double scale = 3 / std::sqrt(1 + static_cast<double>(d) / 8);
      row[static_cast<size_t>(d)] = static_cast<float>(scale * (0.25 * mean[d] + noise.normal()));
    }
  }
  return made;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void search(benchmark::State& state) {
  const int64_t n = state.range(0);
  const Made train = make(n * 9 / 10, 1), validation = make(n / 10, 2), all = make(n, 3);
  for (auto _ : state) {
    const double start = cpu_seconds();
    run_on_compute_thread([&] {
      LogisticRegression regression(train.x, train.labels, kClasses);
      int iterations = 0;
      const LambdaSearch found = search_lambda(
          [&](const LogisticOptions& by, const LinearClassifier* from) { return regression.fit(by, from); },
          validation.x, [&](TensorView scores) { return top1_of(scores, validation.labels); }, {},
          [&](const LambdaTrial& trial) {
            iterations += trial.iterations;
            std::fprintf(stderr, "lambda %-10.4g accuracy %.4f, %d iterations\n", trial.lambda, trial.score,
                         trial.iterations);
          });
      LogisticRegression last(all.x, all.labels, kClasses);
      const LogisticFit fit = last.fit({.c = 1 / lambda_at(found.best)});
      state.counters["iterations"] = iterations + fit.iterations;
      state.counters["best_lambda"] = lambda_at(found.best);
    });
    state.counters["cpu_s"] = cpu_seconds() - start;
  }
  state.counters["threads"] = num_compute_threads();
}
BENCHMARK(search)->Arg(5'000)->Arg(50'000)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace clipkit
