#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::random_tensor;
using testing::to_double;

class CpuLayerNorm : public testing::CpuBackendTest {
 protected:
  // Where the result goes: apart from x, as the operand or the sum type, or over x.
  enum class Place { kOperand, kSum, kOverX };

  void expect_agreement(const Tensor& x, double eps, Place place, const std::string& what) {
    const int64_t rows = x.shape()[0], width = x.shape()[1];
    const Tensor weight = random_tensor({width}, 11, DType::kFloat32, 0.5f, 1), bias = random_tensor({width}, 12);
    const Tensor exact_x = to_double(x), exact_weight = to_double(weight), exact_bias = to_double(bias);
    Tensor expected = Tensor::empty(x.shape(), DType::kFloat64);
    ops::layer_norm(*reference_, {.x = exact_x, .weight = exact_weight, .bias = exact_bias, .eps = eps, .y = expected});

    const GuardedTensor y = place == Place::kOverX
                                ? GuardedTensor(x)
                                : GuardedTensor(x.shape(), place == Place::kSum ? DType::kFloat32 : operand(), 1);
    ops::layer_norm(
        *cpu_, {.x = place == Place::kOverX ? y.view() : x.view(), .weight = weight, .bias = bias, .eps = eps, .y = y});
    EXPECT_TRUE(y.guards_intact()) << what;

    // The mean is off by m = gamma(D + 1) mean |x|. Every centred value is off by m and one rounding, so the variance
    // by a factor of 1 + gamma(D + 5) and by m^2; the root halves relative errors. With xhat = (x - mean) rstd:
    //   |error of y| <= |weight| (m rstd + |xhat| ((gamma(D + 5) + (m rstd)^2) / 2 + gamma(6))) + gamma(2) |y|, |bias|
    const double D = static_cast<double>(width);
    std::vector<double> mean(static_cast<size_t>(rows)), m(mean), rstd(mean);
    for (int64_t r = 0; r < rows; ++r) {
      double sum = 0, magnitude = 0, sum_sq = 0;
      for (const double value : exact_x.row<double>(r)) sum += value, magnitude += std::abs(value);
      for (const double value : exact_x.row<double>(r)) sum_sq += (value - sum / D) * (value - sum / D);
      const auto at = static_cast<size_t>(r);
      mean[at] = sum / D;
      m[at] = gamma(D + 1) * magnitude / D;
      rstd[at] = 1 / std::sqrt(sum_sq / D + eps);
    }
    expect_within(
        y, expected,
        [&](int64_t i) {
          const auto r = static_cast<size_t>(i / width);
          const double w = exact_weight.data<double>()[i % width], b = exact_bias.data<double>()[i % width];
          const double shift = m[r] * rstd[r], xhat = std::abs((exact_x.data<double>()[i] - mean[r]) * rstd[r]);
          return std::abs(w) * (shift + (xhat + shift) * ((gamma(D + 5) + shift * shift) / 2 + gamma(6))) +
                 gamma(2) * (std::abs(expected.data<double>()[i]) + std::abs(b));
        },
        what);
  }
};
CLIPKIT_FOR_OPERAND_TYPES(CpuLayerNorm);

TEST_P(CpuLayerNorm, AgreesWithTheReferenceForEverySize) {
  for (const int64_t width : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 64, 80, 88, 104, 128, 768, 1280}) {
    for (const int64_t rows : {1, 2, 3, 7, 8, 9, 50, 77}) {
      for (const Place place : {Place::kOperand, Place::kSum, Place::kOverX}) {
        expect_agreement(random_tensor({rows, width}, 1, DType::kFloat32, 2, 0.5f), 1e-5, place,
                         concat(rows, " rows of ", width));
      }
    }
  }
}

TEST_P(CpuLayerNorm, KeepsItsDigitsUnderALargeMean) {
  for (const float mean : {10.0f, -1000.0f, 1e5f}) {
    for (const int64_t width : {17, 64, 768}) {
      expect_agreement(random_tensor({5, width}, 1, DType::kFloat32, 1, mean), 1e-5, Place::kSum,
                       concat("mean ", mean));
    }
  }
}

TEST_P(CpuLayerNorm, MakesTheBiasOfAConstantRow) {
  for (const float value : {0.0f, 1.0f, -0.125f, 0.1f, 3e-20f}) {
    for (const int64_t width : {1, 17, 64, 768}) {
      expect_agreement(random_tensor({3, width}, 1, DType::kFloat32, 0, value), 1e-5, Place::kSum,
                       concat("constant ", value));
    }
  }
}

TEST_P(CpuLayerNorm, TakesVerySmallAndVeryLargeRows) {
  for (const float scale : {1e-30f, 1e-10f, 1e6f, 1e17f}) {
    expect_agreement(random_tensor({4, 80}, 1, DType::kFloat32, scale), 1e-5, Place::kSum, concat("scale ", scale));
  }
}

TEST_P(CpuLayerNorm, ObeysEpsilon) {
  for (const double eps : {1e-12, 1e-6, 1e-2, 1.0}) {
    expect_agreement(random_tensor({4, 33}, 1, DType::kFloat32, 1e-3f), eps, Place::kOperand, concat("eps ", eps));
  }
}

TEST_P(CpuLayerNorm, KeepsNaNToItsRow) {
  Tensor x = random_tensor({3, 40}, 1);
  x.row<float>(1)[39] = std::numeric_limits<float>::quiet_NaN();
  const Tensor weight = random_tensor({40}, 2), bias = random_tensor({40}, 3);
  const GuardedTensor y({3, 40}, operand());
  ops::layer_norm(*cpu_, {.x = x, .weight = weight, .bias = bias, .y = y});
  const Tensor result = to_double(y);
  for (int64_t r = 0; r < 3; ++r) {
    for (const double value : result.row<double>(r)) EXPECT_EQ(std::isnan(value), r == 1);
  }
}

}  // namespace
}  // namespace clipkit
