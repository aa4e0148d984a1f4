#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsLayerNorm = testing::OpsTest;

TEST_F(OpsLayerNorm, LayerNormChecksItsArguments) {
  const LayerNormArgs good = {.x = sums({2, 3}), .weight = sums({3}), .bias = sums({3}), .y = operands({2, 3})};
  expect_checks<LayerNormArgs>("layer_norm", [&](const LayerNormArgs& a) { ops::layer_norm(backend_, a); }, good,
                               {{[&](auto& a) { a.x = sums({6}); }, {"x", "2 axes"}},
                                {[&](auto& a) {
                                   a.x = operands({2, 3});
                                 },
                                 {"x", "bfloat16"}},
                                {[&](auto& a) { a.weight = sums({2}); }, {"weight", "[2]", "[3]"}},
                                {[&](auto& a) { a.weight = made({3}, DType::kFloat64); }, {"weight", "float64"}},
                                {[&](auto& a) { a.bias = {}; }, {"bias"}},
                                {[&](auto& a) { a.bias = operands({3}); }, {"bias", "bfloat16"}},
                                {[&](auto& a) {
                                   a.y = sums({3, 2});
                                 },
                                 {"y", "[3, 2]"}},
                                {[&](auto& a) {
                                   a.y = made({2, 3}, DType::kFloat16);
                                 },
                                 {"y", "float16"}},
                                {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}},
                                {[&](auto& a) {
                                   a.y = TensorView(a.x.raw(), {2, 3}, DType::kBFloat16);
                                 },
                                 {"y", "overlaps", "x"}}});
  ops::layer_norm(backend_, {.x = good.x, .weight = good.weight, .bias = good.bias, .y = good.x});
}

}  // namespace
}  // namespace clipkit
