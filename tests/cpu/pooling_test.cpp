#include "base/concat.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::expect_within;
using testing::gamma;
using testing::GuardedTensor;
using testing::magnitudes;
using testing::random_tensor;
using testing::to_double;

using CpuPooling = testing::CpuBackendTest;
CLIPKIT_FOR_OPERAND_TYPES(CpuPooling);

TEST_P(CpuPooling, AveragesTwoByTwo) {
  for (const int64_t channels : {1, 3, 8, 15, 16, 17, 31, 33, 64, 80}) {
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{2, 2}, {4, 6}, {5, 7}, {14, 14}, {1, 3}, {3, 2}}) {
      for (const int64_t batch : {0, 1, 3}) {
        const Tensor x = operands({batch, height, width, channels}, 1);
        const Shape shape = {batch, height / 2, width / 2, channels};
        Tensor expected = Tensor::empty(shape, DType::kFloat64), terms = Tensor::empty(shape, DType::kFloat64);
        ops::average_pool(*reference_, {.x = to_double(x), .y = expected});
        ops::average_pool(*reference_, {.x = magnitudes(x), .y = terms});
        const GuardedTensor y(shape, operand(), 1);
        ops::average_pool(*cpu_, {.x = x, .y = y});
        expect_within(
            y, expected, [&](int64_t i) { return gamma(3) * terms.data<double>()[i]; },
            concat(batch, " x ", height, " x ", width, " x ", channels));
        EXPECT_TRUE(y.guards_intact());
      }
    }
  }
}

TEST_P(CpuPooling, PutsTheMeanBeforeTheTokens) {
  for (const int64_t width : {1, 3, 16, 17, 33, 64, 2048}) {
    for (const int64_t size : {1, 4, 49}) {
      for (const int64_t batch : {0, 1, 3}) {
        const Tensor x = operands({batch, size, width}, 1), positions = random_tensor({1 + size, width}, 2);
        const Shape shape = {batch * (1 + size), width};
        Tensor expected = Tensor::empty(shape, DType::kFloat64), terms = Tensor::empty(shape, DType::kFloat64);
        ops::mean_token(*reference_, {.x = to_double(x), .positions = to_double(positions), .y = expected});
        ops::mean_token(*reference_, {.x = magnitudes(x), .positions = magnitudes(positions), .y = terms});
        const GuardedTensor y(shape, operand(), 1);
        ops::mean_token(*cpu_, {.x = x, .positions = positions, .y = y});
        expect_within(
            y, expected, [&](int64_t i) { return gamma(static_cast<double>(size) + 3) * terms.data<double>()[i]; },
            concat(batch, " x ", size, " x ", width));
        EXPECT_TRUE(y.guards_intact());
      }
    }
  }
}

}  // namespace
}  // namespace clipkit
