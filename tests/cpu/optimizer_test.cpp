#include "ops/reference/optimizer.h"

#include <cstring>

#include "base/concat.h"
#include "cpu/cpu_testing.h"

// The optimiser of the CPU beside the reference's.

namespace clipkit {
namespace {

using testing::random_tensor;
using testing::to_double;

class CpuOptimizer : public testing::CpuBackendTest {};
CLIPKIT_FOR_OPERAND_TYPES(CpuOptimizer);

constexpr double kRoundoff = 0x1p-24;

TEST_P(CpuOptimizer, StepsAgreeWithTheReference) {
  for (const int64_t n : {1, 15, 16, 33, 40000}) {
    const Tensor param = random_tensor({n}, 1), m = Tensor::zeros({n}), v = Tensor::zeros({n});
    const Tensor expected = to_double(param), expected_m = Tensor::zeros({n}, DType::kFloat64),
                 expected_v = Tensor::zeros({n}, DType::kFloat64);
    for (int64_t step = 1; step <= 3; ++step) {
      const Tensor grad = random_tensor({n}, static_cast<uint32_t>(1 + step));
      const AdamWArgs settings = {
          .lr = 1e-2, .beta2 = 0.98, .eps = 1e-6, .weight_decay = 0.2, .step = step, .gradient_factor = 0.5};
      AdamWArgs args = settings;
      args.param = param, args.grad = grad, args.m = m, args.v = v;
      ops::adamw(*cpu_, args);
      args.param = expected, args.m = expected_m, args.v = expected_v;
      const Tensor grad_in_double = to_double(grad);
      args.grad = grad_in_double;
      ops::adamw(*reference_, args);
    }
    // Three steps, each of fewer than ten roundings of values below 2 and of a quotient below 10 * lr.
    for (int64_t i = 0; i < n; ++i)
      ASSERT_NEAR(static_cast<double>(param.data<float>()[i]), expected.data<double>()[i], 3 * 10 * 2 * kRoundoff) << n;
  }
}

TEST_P(CpuOptimizer, RoundsMomentsToOneOfTheirNeighboursWithTheReferencesDraws) {
  constexpr int64_t kN = 20000;
  const auto single = make_reference_backend(DType::kFloat32);
  const Tensor param = random_tensor({kN}, 1), grad = random_tensor({kN}, 2), m = Tensor::zeros({kN}, DType::kBFloat16),
               v = Tensor::zeros({kN}, DType::kBFloat16);
  const Tensor expected = Tensor::copy_of(param), expected_m = Tensor::copy_of(m), expected_v = Tensor::copy_of(v);
  AdamWArgs args = {.param = param, .grad = grad, .m = m, .v = v, .lr = 1e-3, .seed = 7, .tensor = 3};
  ops::adamw(*cpu_, args);
  args.param = expected, args.m = expected_m, args.v = expected_v;
  ops::adamw(*single, args);
  // From zero moments both sides have exactly one rounding before the draw, or two where products are fused: a draw
  // falls on the other side of such a difference once in 2^16 / 2 elements or so.
  int different = 0;
  double error_sum = 0;
  const auto* bits = static_cast<const uint16_t*>(m.view().raw());
  const auto *expected_bits = static_cast<const uint16_t*>(expected_m.view().raw()),
             *v_bits = static_cast<const uint16_t*>(v.view().raw()),
             *expected_v_bits = static_cast<const uint16_t*>(expected_v.view().raw());
  for (int64_t i = 0; i < kN; ++i) {
    different += (bits[i] != expected_bits[i]) + (v_bits[i] != expected_v_bits[i]);
    const double exact = 0.1 * static_cast<double>(grad.data<float>()[i]),
                 found = static_cast<double>(bfloat16_to_float(bits[i]));
    EXPECT_LE(std::abs(found - exact), 0x1p-7 * std::abs(exact) + 1e-40);
    error_sum += (found - exact) / 0.1;
  }
  EXPECT_LE(different, 10);
  // Unbiased: each error is within 2^-7 of the value, so the mean's deviation is below 2^-8 / sqrt(n); four of them.
  EXPECT_LE(std::abs(error_sum / kN), 4 * 0x1p-8 / std::sqrt(static_cast<double>(kN)));
}

// Widening is exact, so nothing else may differ.
TEST_P(CpuOptimizer, TakesGradientsAsOperands) {
  constexpr int64_t kN = 20011;
  const Tensor grad = operands({kN}, 2), wide = Tensor::empty({kN});
  const Tensor values = to_double(grad);
  for (int64_t i = 0; i < kN; ++i) wide.data<float>()[i] = static_cast<float>(values.data<double>()[i]);
  for (const DType moments : {DType::kFloat32, DType::kBFloat16}) {
    const Tensor param = random_tensor({kN}, 1), m = Tensor::zeros({kN}, moments), v = Tensor::zeros({kN}, moments);
    const Tensor other = Tensor::copy_of(param), other_m = Tensor::copy_of(m), other_v = Tensor::copy_of(v);
    ops::adamw(*cpu_, {.param = param, .grad = grad, .m = m, .v = v, .lr = 1e-3});
    ops::adamw(*cpu_, {.param = other, .grad = wide, .m = other_m, .v = other_v, .lr = 1e-3});
    EXPECT_TRUE(testing::same_bits(param, other) && testing::same_bits(m, other_m) && testing::same_bits(v, other_v));
  }
  const Tensor sum = Tensor::zeros({}, DType::kFloat64), expected = Tensor::zeros({}, DType::kFloat64);
  ops::sum_of_squares(*cpu_, {.x = grad, .result = sum});
  ops::sum_of_squares(*cpu_, {.x = wide, .result = expected});
  EXPECT_EQ(*sum.data<double>(), *expected.data<double>());
}

TEST_P(CpuOptimizer, SumsSquaresInOneOrder) {
  for (const int64_t n : {1, 17, 16384, 50000}) {
    const Tensor x = random_tensor({n}, 1);
    double expected = 1;
    for (const float value : x.span<float>()) expected += static_cast<double>(value) * static_cast<double>(value);
    double first = 0;
    for (const int threads : {1, 3}) {
      set_num_compute_threads(threads);
      const Tensor result = Tensor::zeros({}, DType::kFloat64);
      *result.data<double>() = 1;
      ops::sum_of_squares(*cpu_, {.x = x, .result = result});
      set_num_compute_threads(0);
      const double found = *result.data<double>();
      EXPECT_NEAR(found, expected, expected * testing::gamma(1 + (1 << 14) / 4)) << n;  // at least four lanes a piece
      if (threads == 1) first = found;
      EXPECT_EQ(found, first);
    }
  }
}

TEST_P(CpuOptimizer, Blends) {
  const Tensor x = random_tensor({100}, 1), y = random_tensor({100}, 2), before = Tensor::copy_of(y);
  ops::blend(*cpu_, {.x = x, .y = y, .factor = 0.25});
  for (int64_t i = 0; i < 100; ++i) {
    const double expected =
        0.75 * static_cast<double>(before.data<float>()[i]) + 0.25 * static_cast<double>(x.data<float>()[i]);
    EXPECT_NEAR(static_cast<double>(y.data<float>()[i]), expected, 4 * kRoundoff);
  }
}

}  // namespace
}  // namespace clipkit
