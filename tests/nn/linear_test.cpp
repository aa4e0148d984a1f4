#include "nn/linear.h"

#include "clipkit/error.h"
#include "nn/nn_testing.h"

namespace clipkit {
namespace {

using testing::expect_near;
using testing::make_tensor;
using testing::to_double;
using NnLinear = testing::NnTest;

TEST_F(NnLinear, NamesItsParameters) {
  testing::ParamFiller filler(1);
  Linear(3, 4).visit_params(filler.visitor());
  EXPECT_EQ(filler.names, (std::vector<std::string>{"weight", "bias"}));
  filler.names.clear();
  Linear projection = Linear::projection(3, 4);
  projection.visit_params(with_prefix("proj.", filler.visitor()));
  EXPECT_EQ(filler.names, (std::vector<std::string>{"proj.weight"}));
  EXPECT_EQ(projection.weight.shape, (Shape{3, 4}));
  filler.names.clear();
  Linear::without_bias(3, 4).visit_params(filler.visitor());
  EXPECT_EQ(filler.names, (std::vector<std::string>{"weight"}));
}

TEST_F(NnLinear, MultipliesActivatesAndAdds) {
  Linear layer(2, 3);
  layer.weight.value = make_tensor({3, 2}, {1, 0, 0, 1, 1, 1});
  layer.bias.value = make_tensor({3}, {0.5f, 0, -10});
  layer.prepare(*backend_);
  EXPECT_FALSE(layer.weight.value || layer.bias.value) << "the originals are let go";
  const Tensor x = to_double(make_tensor({1, 2}, {1, 2})), y = sums({1, 3});
  layer.forward(*backend_, x, y);
  expect_near(y, to_double(make_tensor({1, 3}, {1.5f, 2, -7})), 0, "plain");
  const Tensor residual = to_double(make_tensor({1, 3}, {100, 200, 300}));
  layer.forward(*backend_, x, y, Activation::kQuickGelu, residual);
  for (int64_t i = 0; i < 3; ++i) {
    const double sum = std::vector<double>{1.5, 2, -7}[static_cast<size_t>(i)];
    EXPECT_NEAR(y.data<double>()[i], 100.0 * static_cast<double>(i + 1) + sum / (1 + std::exp(-1.702 * sum)), 1e-12);
  }
}

TEST_F(NnLinear, ProjectsWithTheWeightTheOtherWayRound) {
  Linear layer = Linear::projection(2, 3);
  layer.weight.value = make_tensor({2, 3}, {1, 2, 3, 4, 5, 6}, DType::kFloat16);
  layer.prepare(*backend_);
  const Tensor x = to_double(make_tensor({1, 2}, {1, 10})), y = sums({1, 3});
  layer.forward(*backend_, x, y);
  expect_near(y, to_double(make_tensor({1, 3}, {41, 52, 63})), 0, "projection");
}

TEST_F(NnLinear, RefusesTheWrongWidth) {
  Linear layer = Linear::without_bias(2, 3);
  layer.weight.value = Tensor::zeros({3, 2});
  layer.prepare(*backend_);
  EXPECT_THROW(layer.forward(*backend_, sums({1, 3}), sums({1, 3})), Error);
}

}  // namespace
}  // namespace clipkit
