#include "base/concat.h"
#include "cpu/cpu_testing.h"

// From features to probabilities: always float32, so one operand type is enough.

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::magnitudes;
using testing::random_tensor;
using testing::to_double;

class CpuSimilarity : public testing::CpuTest {
 protected:
  void SetUp() override {
    testing::CpuTest::SetUp();
    if (IsSkipped()) return;
    cpu_ = make_cpu_backend();
  }

  void expect_softmax(const Tensor& x, const std::string& what) {
    const int64_t width = x.shape()[1];
    Tensor expected = Tensor::empty(x.shape(), DType::kFloat64);
    ops::softmax_rows(*reference_, {.x = to_double(x), .y = expected});
    std::vector<double> largest;
    for (int64_t r = 0; r < x.shape()[0]; ++r)
      largest.push_back(*std::max_element(x.row<float>(r).begin(), x.row<float>(r).end()));
    for (const bool in_place : {false, true}) {
      const GuardedTensor y = in_place ? GuardedTensor(x, 1) : GuardedTensor(x.shape());
      ops::softmax_rows(*cpu_, {.x = in_place ? y.view() : x.view(), .y = y});
      // x - max rounds once, which exp turns into a relative error of (max - x) u; exp and the division round twice
      // each. The terms that differ by more than e^40 do not weigh in the sum, so its error is one of 40 + D + 2.
      expect_within(
          y, expected,
          [&](int64_t i) {
            const double below = largest[static_cast<size_t>(i / width)] - x.data<float>()[i];
            return expected.data<double>()[i] * gamma(std::min(below, 105.0) + 46 + static_cast<double>(width));
          },
          what);
      EXPECT_TRUE(y.guards_intact()) << what;
    }
  }

  std::unique_ptr<Backend> cpu_;
  std::unique_ptr<Backend> reference_ = make_reference_backend(DType::kFloat64);
};

TEST_F(CpuSimilarity, NormalisesRowsOfEverySize) {
  for (const int64_t width : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 512, 768}) {
    for (const int64_t rows : {0, 1, 7, 8, 9, 50}) {
      for (const float scale : {1.0f, 1e-8f, 1e15f}) {
        const Tensor x = random_tensor({rows, width}, 1, DType::kFloat32, scale);
        Tensor expected = Tensor::empty(x.shape(), DType::kFloat64);
        ops::normalize_rows(*reference_, {.x = to_double(x), .y = expected});
        for (const bool in_place : {false, true}) {
          const GuardedTensor y = in_place ? GuardedTensor(x, 1) : GuardedTensor(x.shape());
          ops::normalize_rows(*cpu_, {.x = in_place ? y.view() : x.view(), .y = y});
          // The root halves the error of the sum of squares.
          expect_within(
              y, expected,
              [&](int64_t i) {
                return gamma(static_cast<double>(width) / 2 + 4) * std::abs(expected.data<double>()[i]);
              },
              concat(rows, " rows of ", width, ", scale ", scale));
          EXPECT_TRUE(y.guards_intact());
        }
      }
    }
  }
}

TEST_F(CpuSimilarity, LeavesZeroRowsZero) {
  const GuardedTensor y({2, 33});
  ops::normalize_rows(*cpu_, {.x = Tensor::zeros({2, 33}), .y = y});
  for (const float value : y.view().span<float>()) EXPECT_EQ(value, 0);
}

TEST_F(CpuSimilarity, MakesProbabilitiesOfRowsOfEverySize) {
  for (const int64_t width : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 1000}) {
    for (const int64_t rows : {1, 8, 9}) {
      for (const float scale : {1.0f, 20.0f, 1e4f}) {
        expect_softmax(random_tensor({rows, width}, 1, DType::kFloat32, scale),
                       concat(rows, " rows of ", width, ", scale ", scale));
      }
    }
  }
}

TEST_F(CpuSimilarity, MakesProbabilitiesOfExtremeLogits) {
  expect_softmax(testing::make_tensor({1, 4}, {1e4f, -1e4f, 1e4f, 9999}), "large");
  expect_softmax(testing::make_tensor({1, 3}, {3e38f, -3e38f, 0}), "largest");
  expect_softmax(testing::make_tensor({1, 5}, {1e-38f, 0, -1e-38f, 1e-45f, -1e-45f}), "smallest");
  expect_softmax(random_tensor({3, 17}, 1, DType::kFloat32, 0, 88), "equal");
  const float infinity = std::numeric_limits<float>::infinity();
  const GuardedTensor y({1, 3});
  ops::softmax_rows(*cpu_, {.x = testing::make_tensor({1, 3}, {0, -infinity, 0}), .y = y});
  EXPECT_EQ(y.view().data<float>()[0], 0.5f);
  EXPECT_EQ(y.view().data<float>()[1], 0.0f);
}

TEST_F(CpuSimilarity, ProbabilitiesSumToOne) {
  const Tensor x = random_tensor({50, 1000}, 1, DType::kFloat32, 30);
  const GuardedTensor y(x.shape());
  ops::softmax_rows(*cpu_, {.x = x, .y = y});
  for (int64_t r = 0; r < 50; ++r) {
    double sum = 0;
    for (const float p : y.view().row<float>(r)) sum += p;
    EXPECT_NEAR(sum, 1, gamma(1002));  // the sum in float32, one rounding of each quotient
  }
}

TEST_F(CpuSimilarity, ComparesEveryPair) {
  for (const int64_t width : {1, 3, 16, 17, 33, 512, 768}) {
    for (const int64_t m : {0, 1, 3, 9}) {
      for (const int64_t n : {0, 1, 2, 3, 4, 5, 7, 63, 64, 65, 130}) {
        const Tensor a = random_tensor({m, width}, 1), b = random_tensor({n, width}, 2);
        Tensor expected = Tensor::empty({m, n}, DType::kFloat64), terms = Tensor::empty({m, n}, DType::kFloat64);
        ops::similarity(*reference_, {.a = to_double(a), .b = to_double(b), .c = expected, .alpha = 14.285});
        ops::similarity(*reference_, {.a = magnitudes(a), .b = magnitudes(b), .c = terms, .alpha = 14.285});
        const GuardedTensor c({m, n}, DType::kFloat32, 1);
        ops::similarity(*cpu_, {.a = a, .b = b, .c = c, .alpha = 14.285});
        expect_within(
            c, expected, [&](int64_t i) { return gamma(static_cast<double>(width) + 3) * terms.data<double>()[i]; },
            concat(m, " x ", n, ", width ", width));
        EXPECT_TRUE(c.guards_intact());
      }
    }
  }
}

}  // namespace
}  // namespace clipkit
