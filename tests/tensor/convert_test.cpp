#include "tensor/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace clipkit {
namespace {

// A binary float of 16 bits as its definition says, in double: sign, exponent, mantissa, nothing clever.
double value_of(uint16_t bits, int exponent_bits, int mantissa_bits) {
  const int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1), bias = (1 << (exponent_bits - 1)) - 1;
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1)
    return mantissa ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

struct Format {
  int exponent_bits, mantissa_bits;
  float (*widen)(uint16_t);
  uint16_t (*narrow)(float);
  double value(unsigned bits) const { return value_of(static_cast<uint16_t>(bits), exponent_bits, mantissa_bits); }
};
class SixteenBitFloat : public ::testing::TestWithParam<Format> {};

TEST_P(SixteenBitFloat, WidensEveryValueExactly) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const double expected = GetParam().value(bits);
    const float found = GetParam().widen(static_cast<uint16_t>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(found)) << bits;
    } else {
      ASSERT_EQ(found, expected) << bits;
    }
    ASSERT_EQ(std::signbit(found), bits >> 15 != 0) << bits;
  }
}

TEST_P(SixteenBitFloat, EveryValueSurvivesThereAndBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const uint16_t back = GetParam().narrow(GetParam().widen(static_cast<uint16_t>(bits)));
    if (std::isnan(GetParam().value(bits))) {
      ASSERT_TRUE(std::isnan(GetParam().value(back))) << bits;  // NaN stays NaN, whatever its payload
      ASSERT_EQ(back >> 15, bits >> 15) << bits;
    } else {
      ASSERT_EQ(back, bits);
    }
  }
}

// Between two neighbours: below the middle rounds down, above it up, the middle itself to the even one.
TEST_P(SixteenBitFloat, RoundsToNearestEvenBetweenAllNeighbours) {
  const auto infinity = static_cast<unsigned>(((1 << GetParam().exponent_bits) - 1) << GetParam().mantissa_bits);
  for (unsigned bits = 0; bits < infinity; ++bits) {
    const double low = GetParam().value(bits);
    // What lies beyond the largest finite value is infinity as if one more power of two came after it.
    const double high = bits + 1 == infinity ? 2 * low - GetParam().value(bits - 1) : GetParam().value(bits + 1);
    const auto middle = static_cast<float>((low + high) / 2);
    if (static_cast<double>(middle) != (low + high) / 2) continue;  // bfloat16's smallest: the middle is no float32
    for (const float sign : {1.0f, -1.0f}) {
      const unsigned flip = sign < 0 ? 0x8000 : 0;
      ASSERT_EQ(GetParam().narrow(sign * middle), (bits + (bits & 1)) | flip) << bits;
      ASSERT_EQ(GetParam().narrow(sign * std::nextafter(middle, 0.0f)), bits | flip) << bits;
      ASSERT_EQ(GetParam().narrow(sign * std::nextafter(middle, INFINITY)), (bits + 1) | flip) << bits;
    }
  }
}

TEST_P(SixteenBitFloat, TakesTheExtremesOfFloat32) {
  const auto infinity = static_cast<unsigned>(((1 << GetParam().exponent_bits) - 1) << GetParam().mantissa_bits);
  EXPECT_EQ(GetParam().narrow(INFINITY), infinity);
  EXPECT_EQ(GetParam().narrow(-INFINITY), infinity | 0x8000);
  EXPECT_EQ(GetParam().narrow(std::numeric_limits<float>::max()), infinity);
  EXPECT_EQ(GetParam().narrow(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(GetParam().narrow(-0.0f), 0x8000);
  // A NaN whose payload lies in the lowest bits alone must not become infinity.
  const float low_payload = std::bit_cast<float>(0x7F800001u);
  EXPECT_TRUE(std::isnan(GetParam().value(GetParam().narrow(low_payload))));
}

INSTANTIATE_TEST_SUITE_P(Half, SixteenBitFloat, ::testing::Values(Format{5, 10, half_to_float, float_to_half}));
INSTANTIATE_TEST_SUITE_P(BFloat16, SixteenBitFloat,
                         ::testing::Values(Format{8, 7, bfloat16_to_float, float_to_bfloat16}));

TEST(Convert, ChangesWholeTensors) {
  Tensor tensor = Tensor::empty({2, 3});
  for (int i = 0; i < 6; ++i) tensor.data<float>()[i] = static_cast<float>(i) - 2.5f;
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
    const Tensor other = to_dtype(tensor, dtype);
    EXPECT_EQ(other.dtype(), dtype);
    EXPECT_EQ(other.shape(), tensor.shape());
    const Tensor back = to_dtype(other, DType::kFloat32);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(back.data<float>()[i], tensor.data<float>()[i]);
  }
  // Between two types that are not float32 by way of it.
  const Tensor half = to_dtype(to_dtype(tensor, DType::kBFloat16), DType::kFloat16);
  EXPECT_EQ(half_to_float(half.data<uint16_t>()[5]), 2.5f);
}

TEST(Convert, SharesTensorsThatHaveTheTypeAlready) {
  const Tensor tensor = Tensor::zeros({4});
  const Tensor same = to_dtype(tensor, DType::kFloat32);
  EXPECT_EQ(same.view().raw(), tensor.view().raw());
  EXPECT_EQ(same.owner(), tensor.owner());
}

TEST(Convert, RefusesIntegers) {
  EXPECT_ANY_THROW(to_dtype(Tensor::zeros({4}, DType::kInt64), DType::kFloat32));
  EXPECT_ANY_THROW(to_dtype(Tensor::zeros({4}), DType::kInt8));
}

}  // namespace
}  // namespace clipkit
