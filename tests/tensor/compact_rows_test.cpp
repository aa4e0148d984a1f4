#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "clipkit/compact.h"
#include "clipkit/error.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;

Tensor rows_of(Shape shape, const std::vector<float>& values) {
  Tensor rows = Tensor::empty(shape);
  std::copy(values.begin(), values.end(), rows.data<float>());
  return rows;
}

TEST(CompactRows, OfInt8ScaleEachRowToItsLargestValue) {
  const Tensor q =
      compact_rows(rows_of({3, 3}, {0.5f, -1.0f, 0.25f, 0, 0, 0, 3e-39f, 1e-39f, -3e-39f}), Compact::kInt8);
  EXPECT_THAT(q.span<int8_t>(), ElementsAre(64, -127, 32, 0, 0, 0, 127, 42, -127));
}

TEST(CompactRows, OfBitsAreThoseOfPackbits) {
  const Tensor bits = compact_rows(rows_of({1, 10}, {1, -1, 0, -2, 3, 4, -5, -6, -7, 8}), Compact::kBits);
  EXPECT_EQ(bits.shape(), (Shape{1, 2}));
  EXPECT_THAT(bits.span<uint8_t>(), ElementsAre(0b10101100, 0b01000000));
  const Tensor back = expand_rows(bits, Compact::kBits, 10);
  EXPECT_FLOAT_EQ(back.data<float>()[0], 1 / std::sqrt(10.0f));
  EXPECT_FLOAT_EQ(back.data<float>()[8], -1 / std::sqrt(10.0f));
}

TEST(CompactRows, OfBitsHaveCosinesThatDifferingBitsTell) {
  const Tensor x = testing::random_tensor({2, 64}, 1);
  const Tensor bits = compact_rows(x, Compact::kBits), unit = expand_rows(bits, Compact::kBits, 64);
  int differing = 0;
  for (int i = 0; i < 8; ++i)
    differing += std::popcount(static_cast<uint8_t>(bits.data<uint8_t>()[i] ^ bits.data<uint8_t>()[8 + i]));
  double cosine = 0;
  for (int i = 0; i < 64; ++i) cosine += double{unit.data<float>()[i]} * unit.data<float>()[64 + i];
  EXPECT_NEAR(cosine, 1 - 2.0 * differing / 64, 1e-6);
}

// The angle to the row itself is at most that of the rounding: for float16 2^-11 of each value; for int8 half a step of
// a 127th of the largest value, sqrt(D) of them across.
TEST(CompactRows, PointWhereTheRowsPoint) {
  constexpr int64_t kWidth = 96;
  const Tensor x = testing::random_tensor({20, kWidth}, 1), unit = expand_rows(x, Compact::kFloat32, kWidth);
  for (const Compact as : {Compact::kFloat16, Compact::kInt8}) {
    const Tensor found = expand_rows(compact_rows(unit, as), as, kWidth);
    for (int64_t n = 0; n < 20; ++n) {
      double difference = 0, largest = 0;
      for (int64_t i = 0; i < kWidth; ++i) {
        const double a = unit.row<float>(n)[static_cast<size_t>(i)], b = found.row<float>(n)[static_cast<size_t>(i)];
        difference += (a - b) * (a - b);
        largest = std::max(largest, std::abs(a));
      }
      const double bound = as == Compact::kFloat16 ? 0x1p-11 : std::sqrt(double{kWidth}) * largest / 254;
      EXPECT_LE(std::sqrt(difference), 2 * bound);  // and as much for the length that is made 1 again
    }
  }
}

TEST(CompactRows, RefusesWhatHasNoDirection) {
  const auto refuses = [](const Tensor& rows) { EXPECT_THROW(compact_rows(rows, Compact::kInt8), Error); };
  refuses(rows_of({1, 2}, {1, std::numeric_limits<float>::quiet_NaN()}));
  refuses(rows_of({1, 2}, {1, std::numeric_limits<float>::infinity()}));
  refuses(rows_of({2}, {1, 2}));
  EXPECT_THROW(expand_rows(rows_of({1, 2}, {1, 2}), Compact::kBits, 2), Error);
  EXPECT_THROW(expand_rows(Tensor::zeros({1, 2}, DType::kUInt8), Compact::kBits, 17), Error);
}

}  // namespace
}  // namespace clipkit
