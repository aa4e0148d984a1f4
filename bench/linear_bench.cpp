// layer: cpu
// Linear layers of ViT-B/32 in fp32, bf16 and int8, at the rows of 1 and 32 pictures; twelve weights take turns, as the
// blocks of a tower do.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/compute_thread.h"
#include "base/random.h"
#include "cpu/cpu_backend.h"
#include "tensor/convert.h"

namespace clipkit {
namespace {

Tensor drawn(Shape shape, uint32_t part, DType dtype) {
  Tensor values = Tensor::empty(shape);
  Random random(1, RandomUse::kDrawing, part);
  for (float& value : values.span<float>()) value = random.uniform() - 0.5F;
  if (dtype != DType::kInt8) return to_dtype(values, dtype);
  Tensor bytes = Tensor::empty(shape, DType::kInt8);
  for (int64_t i = 0; i < values.num_elements(); ++i) {
    bytes.data<int8_t>()[i] = static_cast<int8_t>(254 * values.data<float>()[i]);
  }
  return bytes;
}

void linear(benchmark::State& state, DType products, DType weights) {
  constexpr size_t kBlocks = 12;
  const int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  run_on_compute_thread([&] {
    const auto backend = make_cpu_backend(products);
    const DType operands = backend->operand_dtype();
    const Tensor weight = drawn({out, in}, 1, weights), bias = drawn({out}, 2, DType::kFloat32),
                 scales = drawn({out}, 3, DType::kFloat32), input_scales = drawn({in}, 4, DType::kFloat32),
                 x = drawn({rows, in}, 5, operands), y = Tensor::empty({rows, out}, operands);
    LinearSpec spec{.weight = weight, .bias = bias};
    if (weights == DType::kInt8) {
      spec.scales = scales;
      spec.input_scales = input_scales;
    }
    std::vector<std::unique_ptr<PackedLinear>> packed;
    for (size_t i = 0; i < kBlocks; ++i) packed.push_back(ops::pack_linear(*backend, spec));
    for (auto _ : state) {
      for (const auto& w : packed) {
        LinearArgs args{.x = x, .y = y};
        if (out > in) args.activation = Activation::kQuickGelu;
        ops::linear(*backend, *w, args);
      }
    }
    state.counters["GOP/s"] =
        benchmark::Counter(2e-9 * static_cast<double>(rows * in * out) * static_cast<double>(kBlocks) *
                               static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate);
  });
}

void shapes(benchmark::internal::Benchmark* bench) {
  for (const int64_t rows : {50, 1600}) bench->Args({rows, 768, 768})->Args({rows, 768, 3072})->Args({rows, 3072, 768});
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK_CAPTURE(linear, fp32, DType::kFloat32, DType::kFloat32)->Apply(shapes);
BENCHMARK_CAPTURE(linear, bf16, DType::kBFloat16, DType::kFloat32)->Apply(shapes);
BENCHMARK_CAPTURE(linear, int8, DType::kInt8, DType::kInt8)->Apply(shapes);

}  // namespace
}  // namespace clipkit
