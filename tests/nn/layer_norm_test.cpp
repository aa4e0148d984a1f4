#include "nn/layer_norm.h"

#include "nn/nn_testing.h"

namespace clipkit {
namespace {

using testing::expect_near;
using testing::make_tensor;
using testing::to_double;
using NnLayerNorm = testing::NnTest;

TEST_F(NnLayerNorm, NormalisesWithItsOwnEpsilonAlsoInPlace) {
  LayerNorm layer(4, 0.75);
  layer.weight.value = make_tensor({4}, {1, 2, 1, 1});
  layer.bias.value = make_tensor({4}, {0, 0, 0, 10}, DType::kBFloat16);
  layer.prepare(*backend_);
  EXPECT_FALSE(layer.weight.value || layer.bias.value);
  const Tensor x = to_double(make_tensor({1, 4}, {1, 2, 3, 4})), y = sums({1, 4});
  layer.forward(*backend_, x, y);
  const double r = std::sqrt(0.5), expected[] = {-1.5 * r, -r, 0.5 * r, 10 + 1.5 * r};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(y.data<double>()[i], expected[i], 1e-15 * 16);
  layer.forward(*backend_, x, x);
  expect_near(x, y, 0, "in place");
}

}  // namespace
}  // namespace clipkit
