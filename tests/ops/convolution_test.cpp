#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using testing::expect_refused;
using OpsConvolution = testing::OpsTest;

TEST_F(OpsConvolution, ConvolutionChecksItsArguments) {
  const auto weights = ops::pack_convolution(backend_, {.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .padding = 1});
  const ConvolutionArgs good = {
      .x = operands({1, 5, 6, 2}), .y = operands({1, 5, 6, 4}), .residual = operands({1, 5, 6, 4})};
  expect_checks<ConvolutionArgs>("convolution",
                                 [&](const ConvolutionArgs& a) { ops::convolution(backend_, *weights, a); }, good,
                                 {{[&](auto& a) {
                                     a.x = operands({5, 6, 2});
                                   },
                                   {"x", "4 axes"}},
                                  {[&](auto& a) {
                                     a.x = operands({1, 5, 6, 3});
                                   },
                                   {"x", "[1, 5, 6, 3]", "[1, 5, 6, 2]"}},
                                  {[&](auto& a) {
                                     a.x = sums({1, 5, 6, 2});
                                   },
                                   {"x", "float32"}},
                                  {[&](auto& a) {
                                     a.x = operands({1, 0, 6, 2});
                                   },
                                   {"x", "1 pixels"}},
                                  {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                                  {[&](auto& a) {
                                     a.y = operands({1, 4, 6, 4});
                                   },
                                   {"y", "[1, 4, 6, 4]", "[1, 5, 6, 4]"}},
                                  {[&](auto& a) {
                                     a.y = sums({1, 5, 6, 4});
                                   },
                                   {"y", "float32"}},
                                  {[&](auto& a) {
                                     a.residual = operands({1, 5, 6, 2});
                                   },
                                   {"residual", "[1, 5, 6, 2]"}},
                                  {[&](auto& a) {
                                     a.residual = sums({1, 5, 6, 4});
                                   },
                                   {"residual", "float32"}},
                                  {[&](auto& a) {
                                     a.x = TensorView(a.y.raw(), {1, 5, 6, 2}, DType::kBFloat16);
                                   },
                                   {"y", "overlaps", "x"}}});
}

TEST_F(OpsConvolution, PackConvolutionChecksItsWeights) {
  const auto refused = [&](const ConvolutionSpec& spec, const std::vector<std::string>& words) {
    expect_refused([&] { ops::pack_convolution(backend_, spec); }, words);
  };
  refused({.weight = sums({4, 2, 3}), .bias = sums({4})}, {"convolution: weight", "4 axes"});
  refused({.weight = sums({4, 2, 3, 2}), .bias = sums({4})}, {"convolution: weight", "[4, 2, 3, 2]"});
  refused({.weight = operands({4, 2, 3, 3}), .bias = sums({4})}, {"convolution: weight", "bfloat16"});
  refused({.weight = sums({4, 0, 3, 3}), .bias = sums({4})}, {"convolution: weight", "[4, 0, 3, 3]"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({2})}, {"convolution: bias", "[2]"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = operands({4})}, {"convolution: bias", "bfloat16"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .stride = 0}, {"convolution: stride 0"});
  refused({.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .padding = -1}, {"convolution", "padding -1"});
  const auto weights = ops::pack_convolution(backend_, {.weight = sums({4, 2, 3, 3}), .bias = sums({4}), .stride = 2});
  expect_refused(
      [&] {
        ops::convolution(backend_, *weights, {.x = operands({1, 2, 9, 2}), .y = operands({1, 1, 4, 4})});
      },
      {"convolution: x", "[1, 2, 9, 2]", "3 pixels"});
}

TEST_F(OpsConvolution, GradientsCheckTheirArguments) {
  const auto weights = ops::pack_convolution(backend_, {.weight = sums({4, 2, 3, 3}), .padding = 1});
  using Input = ConvolutionInputGradientArgs;
  expect_checks<Input>("convolution_input_gradient",
                       [&](const Input& a) { ops::convolution_input_gradient(backend_, *weights, a); },
                       {.dy = operands({1, 5, 6, 4}), .dx = operands({1, 5, 6, 2})},
                       {{[&](auto& a) {
                           a.dx = operands({1, 5, 6, 3});
                         },
                         {"dx", "[1, 5, 6, 3]", "[1, 5, 6, 2]"}},
                        {[&](auto& a) {
                           a.dx = operands({5, 6, 2});
                         },
                         {"dx", "4 axes"}},
                        {[&](auto& a) {
                           a.dx = operands({1, 0, 6, 2});
                         },
                         {"dx", "1 pixels"}},
                        {[&](auto& a) {
                           a.dx = sums({1, 5, 6, 2});
                         },
                         {"dx", "float32"}},
                        {[&](auto& a) {
                           a.dy = operands({1, 5, 5, 4});
                         },
                         {"dy", "[1, 5, 5, 4]"}},
                        {[&](auto& a) {
                           a.dy = sums({1, 5, 6, 4});
                         },
                         {"dy", "float32"}},
                        {[&](auto& a) { a.dy = on_gpu(a.dy); }, {"cuda:0"}},
                        {[&](auto& a) {
                           a.dx = TensorView(a.dy.raw(), {1, 5, 6, 2}, DType::kBFloat16);
                         },
                         {"dx", "overlaps", "dy"}}});
  using Weight = ConvolutionWeightGradientArgs;
  expect_checks<Weight>("convolution_weight_gradient",
                        [&](const Weight& a) { ops::convolution_weight_gradient(backend_, a); },
                        {.x = operands({1, 5, 6, 2}),
                         .dy = operands({1, 3, 3, 4}),
                         .dweight = sums({4, 2, 3, 3}),
                         .stride = 2,
                         .padding = 1},
                        {{[&](auto& a) {
                            a.x = operands({5, 6, 2});
                          },
                          {"x", "4 axes"}},
                         {[&](auto& a) {
                            a.x = sums({1, 5, 6, 2});
                          },
                          {"x", "float32"}},
                         {[&](auto& a) {
                            a.x = operands({1, 0, 6, 2});
                          },
                          {"x", "1 pixels"}},
                         {[&](auto& a) {
                            a.dy = operands({1, 3, 4, 4});
                          },
                          {"dy", "[1, 3, 4, 4]", "[1, 3, 3, 4]"}},
                         {[&](auto& a) {
                            a.dy = sums({1, 3, 3, 4});
                          },
                          {"dy", "float32"}},
                         {[&](auto& a) {
                            a.dweight = sums({4, 2, 3, 2});
                          },
                          {"dweight", "[4, 2, 3, 2]"}},
                         {[&](auto& a) {
                            a.dweight = operands({4, 2, 3, 3});
                          },
                          {"dweight", "bfloat16"}},
                         {[&](auto& a) { a.stride = 0; }, {"stride 0"}},
                         {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                         {[&](auto& a) {
                            a.x = TensorView(a.dweight.raw(), {1, 5, 6, 2}, DType::kBFloat16);
                          },
                          {"dweight", "overlaps", "x"}}});
}

}  // namespace
}  // namespace clipkit
