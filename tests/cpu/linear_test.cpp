#include <cmath>
#include <cstring>
#include <optional>

#include "base/concat.h"
#include "cpu/cpu_testing.h"
#include "ops/reference/linear.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::magnitudes;
using testing::random_tensor;
using testing::to_double;

class CpuLinear : public testing::CpuBackendTest {
 protected:
  // The reference's result, and the sum of the magnitudes of its terms, which bounds the error of any order of adding.
  struct Expected {
    Tensor y, terms;
  };
  Expected expected(const TensorView& x, const TensorView& weight, const TensorView& bias, bool transposed = false) {
    const auto run = [&](const Tensor& a, const Tensor& w, const Tensor& b) {
      const auto packed = ops::pack_linear(*reference_, {.weight = w, .bias = b, .transposed = transposed});
      Tensor y = Tensor::empty({a.shape()[0], packed->out()}, DType::kFloat64);
      ops::linear(*reference_, *packed, {.x = a, .y = y});
      return y;
    };
    const Tensor zero = Tensor::zeros({weight.shape()[transposed ? 1 : 0]}, DType::kFloat64);
    return {run(to_double(x), to_double(weight), to_double(bias ? bias : zero)),
            run(magnitudes(x), magnitudes(weight), magnitudes(bias ? bias : zero))};
  }
  // A weight as this backend multiplies it.
  Tensor rounded(const TensorView& weight) {
    return to_dtype(to_dtype(Tensor::copy_of(weight), DType::kFloat32), operand());
  }
  // Products of bf16 are added in pairs, with a rounding before each addition.
  double roundings(int64_t in) const { return static_cast<double>((operand() == DType::kBFloat16 ? 2 : 1) * in + 2); }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuLinear);

constexpr int64_t kRowCounts[] = {1, 2, 3, 7, 8, 50, 77, 130, 200};

TEST_P(CpuLinear, AgreesWithTheReferenceForEverySize) {
  struct Widths {
    int64_t in, out;
  };
  const Widths widths[] = {{1, 1},   {3, 5},   {16, 16},  {17, 33},  {48, 64},  {64, 17},
                           {80, 88}, {88, 80}, {104, 48}, {128, 96}, {33, 768}, {768, 65}};
  for (const Widths& w : widths) {
    const int64_t in = w.in, out = w.out;
    const Tensor x = operands({200, in}, 1), weight = random_tensor({out, in}, 2, operand()),
                 bias = random_tensor({out}, 3);
    const Expected e = expected(x, weight, bias);
    const auto packed = ops::pack_linear(*cpu_, {.weight = weight, .bias = bias});
    EXPECT_EQ(packed->in(), in);
    EXPECT_EQ(packed->out(), out);
    for (const int64_t rows : kRowCounts) {
      for (const DType result : {DType::kFloat32, operand()}) {
        const GuardedTensor y({rows, out}, result, static_cast<size_t>(rows % 2));
        ops::linear(*cpu_, *packed, {.x = x.view().slice(200 - rows, 200), .y = y});
        const double* terms = e.terms.data<double>() + (200 - rows) * out;
        expect_within(
            y, e.y.view().slice(200 - rows, 200), [&](int64_t i) { return gamma(roundings(in)) * terms[i]; },
            concat("linear ", in, " to ", out, ", ", rows, " rows to ", to_string(result)));
        EXPECT_TRUE(y.guards_intact());
      }
    }
  }
}

TEST_P(CpuLinear, AppliesActivationsThenAddsTheResidual) {
  constexpr int64_t kIn = 48, kOut = 65;
  // Wide enough for every branch of the activations: sums reach about 12.
  const Tensor x = operands({200, kIn}, 1, 3), weight = random_tensor({kOut, kIn}, 2, operand()),
               bias = random_tensor({kOut}, 3, DType::kFloat32, 6), residual = random_tensor({200, kOut}, 4);
  const Expected e = expected(x, weight, bias);
  const auto packed = ops::pack_linear(*cpu_, {.weight = weight, .bias = bias});
  for (const auto activation : {std::optional<Activation>(), std::optional(Activation::kQuickGelu),
                                std::optional(Activation::kGelu), std::optional(Activation::kGeluTanh)}) {
    for (const int place : {0, 1, 2}) {  // of the residual: none, y itself, elsewhere
      for (const int64_t rows : kRowCounts) {
        const TensorView added = residual.view().slice(0, rows);
        Tensor expected_y = Tensor::empty({rows, kOut}, DType::kFloat64);
        for (int64_t i = 0; i < rows * kOut; ++i) {
          const double sum = e.y.data<double>()[i];
          expected_y.data<double>()[i] = (activation ? reference::activate(*activation, sum) : sum) +
                                         (place > 0 ? double{residual.data<float>()[i]} : 0.0);
        }
        const GuardedTensor y = place == 1 ? GuardedTensor(added) : GuardedTensor({rows, kOut});
        ops::linear(*cpu_, *packed,
                    {.x = x.view().slice(0, rows),
                     .y = y,
                     .activation = activation,
                     .residual = place == 0   ? TensorView{}
                                 : place == 1 ? y.view()
                                              : added});
        // An activation's slope is at most 1.13, which carries the error of the sum over; its own polynomials are good
        // to 8 roundings of their argument (Abramowitz & Stegun 7.1.26, which oneDNN takes for erf: 1.5e-7 |x| / 2).
        expect_within(
            y, expected_y,
            [&](int64_t i) {
              const double sum = std::abs(e.y.data<double>()[i]);
              return 1.13 * gamma(roundings(kIn) + 1) * e.terms.data<double>()[i] + gamma(8) * (sum + 1) +
                     (place > 0 ? gamma(1) * std::abs(double{residual.data<float>()[i]}) : 0);
            },
            concat("activation ", activation ? static_cast<int>(*activation) : -1, ", residual ", place, ", ", rows,
                   " rows"));
        EXPECT_TRUE(y.guards_intact());
      }
    }
  }
}

TEST_P(CpuLinear, TakesProjectionsStoredTheOtherWayRound) {
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{64, 48}, {17, 33}, {768, 5}}) {
    const int64_t in = rows, out = columns;
    const Tensor x = operands({9, in}, 1), weight = random_tensor({in, out}, 2, operand());
    const auto packed = ops::pack_linear(*cpu_, {.weight = weight, .transposed = true});
    const Expected e = expected(x, weight, {}, true);
    const GuardedTensor y({9, out});
    ops::linear(*cpu_, *packed, {.x = x, .y = y});
    expect_within(
        y, e.y, [&](int64_t i) { return gamma(roundings(in)) * e.terms.data<double>()[i]; },
        concat("projection ", in, " to ", out));
  }
}

TEST_P(CpuLinear, TakesWeightsOfAnyFloatingType) {
  constexpr int64_t kIn = 400, kOut = 333;  // more than one block of the conversion
  const Tensor x = operands({5, kIn}, 1);
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
    const Tensor weight = random_tensor({kOut, kIn}, 2, dtype), bias = random_tensor({kOut}, 3, dtype);
    const auto packed = ops::pack_linear(*cpu_, {.weight = weight, .bias = bias});
    const Expected e = expected(x, rounded(weight), bias);
    const GuardedTensor y({5, kOut});
    ops::linear(*cpu_, *packed, {.x = x, .y = y});
    expect_within(
        y, e.y, [&](int64_t i) { return gamma(roundings(kIn)) * e.terms.data<double>()[i]; }, to_string(dtype));
  }
}

TEST_P(CpuLinear, ReadsWeightsAtAnyAddress) {
  constexpr int64_t kIn = 24, kOut = 40;
  const Tensor x = operands({3, kIn}, 1), weight = random_tensor({kOut, kIn}, 2, operand());
  const GuardedTensor shifted(weight, 1);
  GuardedTensor y({3, kOut}), z({3, kOut});
  ops::linear(*cpu_, *ops::pack_linear(*cpu_, {.weight = weight}), {.x = x, .y = y});
  ops::linear(*cpu_, *ops::pack_linear(*cpu_, {.weight = shifted}), {.x = x, .y = z});
  EXPECT_TRUE(testing::same_bits(y, z));
}

TEST_P(CpuLinear, TrainsOnWeightsWhereTheyLie) {
  for (const bool transposed : {false, true}) {
    for (const auto& [width, outputs] : {std::pair<int64_t, int64_t>{64, 48}, {33, 17}, {768, 80}}) {
      const int64_t in = width, out = outputs;  // a lambda captures no structured binding
      const Shape shape = transposed ? Shape{in, out} : Shape{out, in};
      const Tensor weight = random_tensor(shape, 2), bias = random_tensor({out}, 3), added = random_tensor({50, in}, 6);
      const LinearSpec spec{.weight = weight, .bias = bias, .transposed = transposed, .training = true};
      const auto packed = ops::pack_linear(*cpu_, spec);
      for (const uint32_t seed : {5u, 7u}) {  // as an optimiser would move them
        const Tensor moved = random_tensor(shape, seed), x = operands({50, in}, 1), dy = operands({50, out}, 4);
        std::memcpy(weight.view().raw(), moved.view().raw(), moved.view().bytes());
        ops::repack_linear(*cpu_, *packed, spec);
        const Expected forward = expected(x, rounded(weight), bias, transposed),
                       backward = expected(dy, rounded(weight), {}, !transposed);
        Tensor whole;
        for (const int threads : {1, 2, 3}) {
          testing::with_threads(threads, [&] {
            const GuardedTensor y({50, out}), dx({50, in});
            ops::linear(*cpu_, *packed, {.x = x, .y = y});
            ops::linear_input_gradient(*cpu_, *packed, {.dy = dy, .dx = dx, .residual = added});
            EXPECT_TRUE(y.guards_intact() && dx.guards_intact());
            expect_within(
                y, forward.y, [&](int64_t i) { return gamma(roundings(in)) * forward.terms.data<double>()[i]; }, "y");
            Tensor sum = Tensor::copy_of(backward.y);
            for (int64_t i = 0; i < 50 * in; ++i) sum.data<double>()[i] += double{added.data<float>()[i]};
            expect_within(
                dx, sum,
                [&](int64_t i) {
                  return gamma(roundings(out) + 1) *
                         (backward.terms.data<double>()[i] + std::abs(double{added.data<float>()[i]}));
                },
                "dx");
            if (!whole) whole = Tensor::copy_of(dx);
            EXPECT_TRUE(testing::same_bits(dx, whole)) << threads << " threads";
          });
        }
      }
    }
  }
}

TEST_P(CpuLinear, KeepsNaNAndInfinity) {
  constexpr int64_t kIn = 32, kOut = 20;
  Tensor x = random_tensor({8, kIn}, 1);
  x.row<float>(2)[5] = std::numeric_limits<float>::quiet_NaN();
  x.row<float>(6)[0] = std::numeric_limits<float>::infinity();
  const Tensor rows = to_dtype(x, operand()), weight = random_tensor({kOut, kIn}, 2);
  const GuardedTensor y({8, kOut});
  ops::linear(*cpu_, *ops::pack_linear(*cpu_, {.weight = weight}), {.x = rows, .y = y});
  for (int64_t r = 0; r < 8; ++r) {
    for (const float value : y.view().row<float>(r)) {
      EXPECT_EQ(std::isnan(value), r == 2) << r;
      EXPECT_EQ(std::isinf(value), r == 6) << r;
    }
  }
}

TEST_P(CpuLinear, FollowsAChangeOfTheThreadCount) {
  constexpr int64_t kRows = 50, kIn = 96, kOut = 200;
  const Tensor x = operands({kRows, kIn}, 1), weight = random_tensor({kOut, kIn}, 2);
  const auto packed = ops::pack_linear(*cpu_, {.weight = weight});
  Tensor first;
  for (const int threads : {1, 4, 2, 3, 1}) {
    testing::with_threads(threads, [&] {
      Tensor y = Tensor::empty({kRows, kOut});
      ops::linear(*cpu_, *packed, {.x = x, .y = y});
      if (!first) first = Tensor::copy_of(y);
      EXPECT_TRUE(testing::same_bits(first, y)) << threads;
    });
  }
}

TEST_P(CpuLinear, PadsRowCountsByAQuarterAtMost) {
  int64_t distinct = 0, last = 0;
  for (int64_t rows = 1; rows <= 10000; ++rows) {
    const int64_t padded = cpu_->padded_rows(rows);
    ASSERT_GE(padded, rows);
    ASSERT_LE(padded, rows + rows / 4);
    ASSERT_GE(padded, last);
    distinct += padded != last;
    last = padded;
  }
  EXPECT_LE(distinct, 60);  // plans to keep
}

}  // namespace
}  // namespace clipkit
