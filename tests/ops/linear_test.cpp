#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using testing::expect_refused;
using OpsLinear = testing::OpsTest;

TEST_F(OpsLinear, LinearChecksItsArguments) {
  const auto weights = ops::pack_linear(backend_, {.weight = sums({4, 3})});
  const LinearArgs good = {.x = operands({2, 3}), .y = sums({2, 4}), .residual = sums({2, 4})};
  expect_checks<LinearArgs>("linear", [&](const LinearArgs& a) { ops::linear(backend_, *weights, a); }, good,
                            {{[&](auto& a) {
                                a.x = operands({2, 4});
                              },
                              {"x", "[2, 4]", "[2, 3]"}},
                             {[&](auto& a) {
                                a.x = operands({2, 3, 1});
                              },
                              {"x", "2 axes"}},
                             {[&](auto& a) {
                                a.x = sums({2, 3});
                              },
                              {"x", "float32", "bfloat16"}},
                             {[&](auto& a) {
                                a.x = missing({2, 3}, DType::kBFloat16);
                              },
                              {"x", "missing"}},
                             {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                             {[&](auto& a) {
                                a.y = sums({3, 4});
                              },
                              {"y", "[3, 4]", "[2, 4]"}},
                             {[&](auto& a) {
                                a.y = made({2, 4}, DType::kFloat64);
                              },
                              {"y", "float64"}},
                             {[&](auto& a) {
                                a.y = operands({2, 4});
                              },
                              {"y", "bfloat16"}},  // with a residual: sums only
                             {[&](auto& a) {
                                a.residual = sums({2, 3});
                              },
                              {"residual", "[2, 3]"}},
                             {[&](auto& a) {
                                a.residual = operands({2, 4});
                              },
                              {"residual", "bfloat16"}},
                             {[&](auto& a) {
                                a.residual = sums({3, 4}).slice(1, 3), a.y = TensorView(tensors_.back()).slice(0, 2);
                              },
                              {"y", "overlaps", "residual"}},
                             {[&](auto& a) {
                                a.y = TensorView(a.x.raw(), {2, 4}, DType::kFloat32), a.residual = {};
                              },
                              {"y", "overlaps", "x"}}});
  ops::linear(backend_, *weights, {.x = operands({2, 3}), .y = operands({2, 4})});  // operands without a residual
  const int calls = backend_.calls;
  ops::linear(backend_, *weights, {.x = operands({0, 3}), .y = sums({0, 4})});
  EXPECT_EQ(backend_.calls, calls) << "nothing to do for no rows";
}

TEST_F(OpsLinear, PackLinearChecksItsWeights) {
  const auto refused = [&](const LinearSpec& spec, const std::vector<std::string>& words) {
    expect_refused([&] { ops::pack_linear(backend_, spec); }, words);
  };
  refused({.weight = sums({4})}, {"linear: weight", "2 axes"});
  refused({.weight = made({4, 3}, DType::kInt32)}, {"linear: weight", "int32"});
  refused({.weight = sums({0, 3})}, {"linear: weight", "[0, 3]"});
  refused({.weight = missing({4, 3}, DType::kFloat32)}, {"linear: weight", "missing"});
  refused({.weight = sums({4, 3}), .bias = sums({3})}, {"linear: bias", "[3]", "[4]"});
  refused({.weight = sums({4, 3}), .bias = made({4}, DType::kUInt8)}, {"linear: bias", "uint8"});
  refused({.weight = sums({4, 3}), .bias = sums({4}), .transposed = true}, {"linear: bias", "[4]", "[3]"});
}

}  // namespace
}  // namespace clipkit
