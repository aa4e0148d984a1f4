#include <bit>

#include "cpu/cpu_testing.h"
#include "cpu/kernels.h"

// Conversions against tensor/convert.h, bit for bit; a NaN may be another NaN.

namespace clipkit {
namespace {

using testing::GuardedTensor;

using CpuConvert = testing::CpuTest;

std::vector<uint16_t> every_pattern() {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  return bits;
}

// Every float16 and bfloat16, what lies halfway to the next one, and its neighbours; NaN with every kind of payload.
std::vector<float> around_every_pattern() {
  std::vector<float> values;
  for (uint32_t upper = 0; upper < 65536; ++upper) {
    for (const uint32_t lower : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      values.push_back(std::bit_cast<float>(upper << 16 | lower));
    }
  }
  return values;
}

TEST_F(CpuConvert, WidensEveryHalf) {
  const std::vector<uint16_t> bits = every_pattern();
  std::vector<float> found(bits.size());
  kernels::convert_half(bits.data(), 65536, found.data());
  for (size_t i = 0; i < bits.size(); ++i) {
    const float expected = half_to_float(bits[i]);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(found[i])) << i;
    } else {
      ASSERT_EQ(std::bit_cast<uint32_t>(found[i]), std::bit_cast<uint32_t>(expected)) << "half " << i;
    }
  }
}

TEST_F(CpuConvert, WidensEveryBfloat) {
  const std::vector<uint16_t> bits = every_pattern();
  std::vector<float> found(bits.size());
  kernels::convert(bits.data(), 65536, found.data());
  for (size_t i = 0; i < bits.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(found[i]), uint32_t{bits[i]} << 16) << "bfloat " << i;
  }
}

TEST_F(CpuConvert, RoundsToBfloatAsTheScalarFunctionDoes) {
  const std::vector<float> values = around_every_pattern();
  std::vector<uint16_t> found(values.size());
  kernels::convert(values.data(), static_cast<int64_t>(values.size()), found.data());
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t expected = float_to_bfloat16(values[i]);
    if (std::isnan(values[i])) {
      ASSERT_TRUE(std::isnan(bfloat16_to_float(found[i]))) << std::bit_cast<uint32_t>(values[i]);
    } else {
      ASSERT_EQ(found[i], expected) << std::bit_cast<uint32_t>(values[i]);
    }
  }
}

TEST_F(CpuConvert, StaysWithinItsBounds) {
  const std::vector<uint16_t> bits(70, 0x3C00);
  const std::vector<float> floats(70, 1.0f);
  for (int64_t n = 0; n <= 66; ++n) {
    const GuardedTensor half({n}, DType::kFloat32, 1), bfloat({n}, DType::kBFloat16, 1), wide({n}, DType::kFloat32, 1);
    kernels::convert_half(bits.data() + 3, n, half.view().data<float>());
    kernels::convert(floats.data() + 3, n, static_cast<uint16_t*>(bfloat.view().raw()));
    kernels::convert(bits.data() + 3, n, wide.view().data<float>());
    for (int64_t i = 0; i < n; ++i) {
      EXPECT_EQ(half.view().data<float>()[i], 1.0f);
      EXPECT_EQ(bfloat.view().data<uint16_t>()[i], 0x3F80);
      EXPECT_EQ(wide.view().data<float>()[i], bfloat16_to_float(0x3C00));
    }
    EXPECT_TRUE(half.guards_intact() && bfloat.guards_intact() && wide.guards_intact()) << n;
  }
}

using CpuConvertOperation = testing::CpuBackendTest;
CLIPKIT_FOR_OPERAND_TYPES(CpuConvertOperation);

TEST_P(CpuConvertOperation, GoesBetweenOperandsAndSums) {
  for (const int64_t n : {0, 1, 15, 16, 17, 33, 1000}) {
    const Tensor sums = testing::random_tensor({n}, 1), rounded = to_dtype(sums, operand());
    const GuardedTensor there({n}, operand(), 1), back({n}, DType::kFloat32, 1);
    ops::convert(*cpu_, {.x = sums, .y = there});
    EXPECT_TRUE(testing::same_bits(there, rounded)) << n;
    ops::convert(*cpu_, {.x = there, .y = back});
    EXPECT_TRUE(testing::same_bits(back, to_dtype(rounded, DType::kFloat32))) << n;
    EXPECT_TRUE(there.guards_intact() && back.guards_intact()) << n;
  }
}

}  // namespace
}  // namespace clipkit
