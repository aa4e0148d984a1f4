#include "ops/reference/quantized_linear.h"

#include <cmath>
#include <limits>
#include <optional>

#include "base/concat.h"
#include "cpu/cpu_testing.h"
#include "cpu/kernels.h"

namespace clipkit {
namespace {

using testing::GuardedTensor;
using testing::random_tensor;
using testing::same_bits;
using testing::with_threads;

// Bytes of both signs, the extremes among them.
Tensor random_bytes(Shape shape, uint32_t seed) {
  const Tensor values = random_tensor(shape, seed, DType::kFloat32, 127.49f);
  Tensor bytes = Tensor::empty(shape, DType::kInt8);
  for (int64_t i = 0; i < values.num_elements(); ++i) {
    bytes.data<int8_t>()[i] = static_cast<int8_t>(std::nearbyint(values.data<float>()[i]));
  }
  return bytes;
}

struct Layer {
  Layer(int64_t inputs, int64_t outputs, float scale = 0.01f)
      : in(inputs),
        out(outputs),
        weight(random_bytes({out, in}, 1)),
        scales(random_tensor({out}, 2, DType::kFloat32, scale / 2, scale)),
        input_scales(random_tensor({in}, 3, DType::kFloat32, 0.9f, 1)),
        bias(random_tensor({out}, 4)) {}
  LinearSpec spec() const { return {.weight = weight, .bias = bias, .scales = scales, .input_scales = input_scales}; }

  int64_t in, out;
  Tensor weight, scales, input_scales, bias;
};

class CpuQuantizedLinear : public testing::CpuBackendTest {
 protected:
  // What the plain loops give in float32, rounded to the type asked for.
  Tensor expected(const Layer& layer, const TensorView& x, std::optional<Activation> activation,
                  const TensorView& residual, DType result) {
    const int64_t rows = x.shape()[0];
    const Tensor floats = to_dtype(Tensor::copy_of(x), DType::kFloat32);
    Tensor y = Tensor::empty({rows, layer.out});
    reference::quantized_linear<float>(floats.data<float>(), layer.weight.data<int8_t>(), layer.scales.data<float>(),
                                       layer.input_scales.data<float>(), layer.bias.data<float>(), activation,
                                       residual ? residual.data<float>() : nullptr, rows, layer.in, layer.out,
                                       y.data<float>());
    return to_dtype(y, result);
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuQuantizedLinear);

TEST_P(CpuQuantizedLinear, EqualsTheReferenceToTheBit) {
  struct Widths {
    int64_t in, out;
  };
  for (const Widths& w : {Widths{1, 1}, {3, 5}, {16, 16}, {17, 33}, {64, 31}, {80, 88}, {768, 65}, {3072, 40}}) {
    const Layer layer(w.in, w.out);
    const Tensor x = operands({200, w.in}, 5), residual = random_tensor({200, w.out}, 6);
    const auto packed = ops::pack_linear(*cpu_, layer.spec());
    for (const int64_t rows : {1, 2, 3, 11, 12, 13, 50, 77, 192, 193, 200}) {
      const std::string what = concat(rows, " rows, ", w.in, " to ", w.out);
      const TensorView some = x.view().slice(0, rows), added = residual.view().slice(0, rows);
      for (const DType result : {DType::kFloat32, operand()}) {
        const GuardedTensor y({rows, w.out}, result, static_cast<size_t>(rows % 2));
        ops::linear(*cpu_, *packed, {.x = some, .y = y});
        EXPECT_TRUE(same_bits(y, expected(layer, some, {}, {}, result))) << what;
        EXPECT_TRUE(y.guards_intact()) << what;
      }
      const GuardedTensor in_place(added), apart({rows, w.out});
      ops::linear(*cpu_, *packed, {.x = some, .y = in_place, .residual = in_place});
      ops::linear(*cpu_, *packed, {.x = some, .y = apart, .residual = added});
      const Tensor sum = expected(layer, some, {}, added, DType::kFloat32);
      EXPECT_TRUE(same_bits(in_place, sum) && same_bits(apart, sum)) << what << " with a residual";
    }
  }
}

// The activation is a polynomial of its own on each instruction set, good to 8 roundings of its argument, as
// linear_test.cpp has it; what it is given equals the reference's to the bit, and its slope is at most 1.13.
TEST_P(CpuQuantizedLinear, AppliesActivationsBeforeTheResidual) {
  const Layer layer(64, 70);
  const Tensor x = operands({50, 64}, 5, 3), residual = random_tensor({50, 70}, 6);
  const auto packed = ops::pack_linear(*cpu_, layer.spec());
  const Tensor plain = expected(layer, x, {}, {}, DType::kFloat32);
  for (const auto activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    const GuardedTensor y({50, 70});
    ops::linear(*cpu_, *packed, {.x = x, .y = y, .activation = activation, .residual = residual});
    testing::expect_within(
        y, expected(layer, x, activation, residual, DType::kFloat32),
        [&](int64_t i) {
          return testing::gamma(8) * (std::abs(double{plain.data<float>()[i]}) + 1) +
                 testing::gamma(1) * std::abs(double{residual.data<float>()[i]});
        },
        concat("activation ", static_cast<int>(activation)));
    EXPECT_TRUE(y.guards_intact());
  }
}

TEST_P(CpuQuantizedLinear, RowsHaveTheSameBitsInAnyBatchOnAnyNumberOfThreads) {
  const Layer layer(768, 320);
  const Tensor x = operands({650, 768}, 5);
  const auto packed = ops::pack_linear(*cpu_, layer.spec());
  const auto run = [&](int64_t first, int64_t count) {
    Tensor y = Tensor::empty({count, layer.out}, operand());
    ops::linear(*cpu_, *packed,
                {.x = x.view().slice(first, first + count), .y = y, .activation = Activation::kQuickGelu});
    return y;
  };
  const Tensor whole = run(0, 650);
  for (const int threads : {1, 2, 3, 4}) {
    with_threads(threads, [&] {
      for (const int64_t count : {1, 2, 3, 7, 8, 12, 13, 50, 77, 191, 192, 193, 400, 650}) {
        for (int64_t first = 0; first + count <= 650; first += 101) {
          ASSERT_TRUE(same_bits(run(first, count), whole.view().slice(first, first + count)))
              << count << " rows from " << first << ", " << threads << " threads";
        }
      }
    });
  }
}

// Bytes of a weight hold a product to half a step of each operand: the sum is off by the roundings of x against all of
// W, and of nothing else, as the weight here is what its bytes say.
TEST_P(CpuQuantizedLinear, StaysNearTheProductOfWhatTheBytesStandFor) {
  const Layer layer(768, 96);
  const Tensor x = operands({20, 768}, 5);
  const auto packed = ops::pack_linear(*cpu_, layer.spec());
  const GuardedTensor y({20, 96});
  ops::linear(*cpu_, *packed, {.x = x, .y = y});
  const Tensor values = testing::to_double(x);
  for (int64_t r = 0; r < 20; ++r) {
    double low = 0, high = 0;
    for (int64_t i = 0; i < 768; ++i) {
      const double value = values.data<double>()[r * 768 + i] * double{layer.input_scales.data<float>()[i]};
      low = std::min(low, value);
      high = std::max(high, value);
    }
    // Half a step by rounding, and another half where zero and value are rounded apart at the upper end.
    const double step = (high - low) / 255;
    for (int64_t o = 0; o < 96; ++o) {
      double sum = double{layer.bias.data<float>()[o]}, slack = 0;
      for (int64_t i = 0; i < 768; ++i) {
        const double w = layer.weight.data<int8_t>()[o * 768 + i] * double{layer.scales.data<float>()[o]};
        sum += values.data<double>()[r * 768 + i] * double{layer.input_scales.data<float>()[i]} * w;
        slack += std::abs(w) * step;
      }
      EXPECT_NEAR(y.view().data<float>()[r * 96 + o], sum, slack + testing::gamma(4) * std::abs(sum));
    }
  }
}

class QuantizedRow : public testing::CpuTest {};

TEST_F(QuantizedRow, EqualsTheReferenceForEverySize) {
  for (int64_t n = 1; n <= 70; ++n) {
    for (const float mean : {-3.0f, 0.0f, 0.7f, 5.0f}) {
      const Tensor x = random_tensor({n}, static_cast<uint32_t>(n), DType::kFloat32, 1, mean),
                   scales = random_tensor({n}, 9, DType::kFloat32, 0.5f, 1);
      const GuardedTensor q({n}, DType::kUInt8);
      std::vector<uint8_t> bytes(static_cast<size_t>(n));
      const auto found = kernels::byte_range(x.data<float>(), scales.data<float>(), n).scale();
      kernels::to_bytes(x.data<float>(), scales.data<float>(), n, found, q.view().data<uint8_t>());
      const auto row = reference::quantize_rows(x.data<float>(), scales.data<float>(), 1, n, bytes.data());
      EXPECT_EQ(found.scale, row.scale) << n;
      EXPECT_EQ(found.zero, row.zero) << n;
      EXPECT_EQ(0, std::memcmp(bytes.data(), q.view().raw(), bytes.size())) << n;
      EXPECT_TRUE(q.guards_intact());
    }
  }
}

TEST_F(QuantizedRow, GivesNaNForWhatIsNotFiniteAndZeroForZeros) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> ones(40, 1.0f);
  for (const float odd : {infinity, -infinity, nan, 3e38f, 0.0f, 1e-40f}) {
    for (const size_t at : {size_t{0}, size_t{17}, size_t{39}}) {
      std::vector<float> x(40, std::abs(odd) == 3e38f ? -3e38f : 0.0f);  // whose distance overflows
      x[at] = odd;
      std::vector<uint8_t> q(40, 1), bytes(40, 2);
      const auto found = kernels::byte_range(x.data(), ones.data(), 40).scale();
      kernels::to_bytes(x.data(), ones.data(), 40, found, q.data());
      const auto row = reference::quantize_rows(x.data(), ones.data(), 1, 40, bytes.data());
      EXPECT_EQ(std::isnan(found.scale), !(std::abs(odd) < 1)) << odd;
      EXPECT_EQ(std::isnan(found.scale), std::isnan(row.scale)) << odd;
      EXPECT_TRUE(std::isnan(found.scale) || found.scale == 0) << odd;
      EXPECT_EQ(found.zero, row.zero);
      EXPECT_EQ(q, bytes);
    }
  }
}

TEST_P(CpuQuantizedLinear, RefusesWhatCannotBeMultiplied) {
  const Layer layer(16, 8);
  LinearSpec spec = layer.spec();
  spec.scales = {};
  EXPECT_THROW((void)ops::pack_linear(*cpu_, spec), Error);
  spec = layer.spec();
  spec.transposed = true;
  EXPECT_THROW((void)ops::pack_linear(*cpu_, spec), Error);
  spec = layer.spec();
  spec.input_scales = layer.scales;
  EXPECT_THROW((void)ops::pack_linear(*cpu_, spec), Error);
}

}  // namespace
}  // namespace clipkit
