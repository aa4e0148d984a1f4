#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsBatchNorm = testing::OpsTest;

TEST_F(OpsBatchNorm, ForwardChecksItsArguments) {
  const auto doubles = [&](Shape shape) { return made(shape, DType::kFloat64); };
  expect_checks<BatchSumsArgs>("batch_sums", [&](const BatchSumsArgs& a) { ops::batch_sums(backend_, a); },
                               {.x = operands({5, 3}), .sums = doubles({2, 3})},
                               {{[&](auto& a) {
                                   a.x = operands({5, 3, 1});
                                 },
                                 {"x", "2 axes"}},
                                {[&](auto& a) {
                                   a.x = sums({5, 3});
                                 },
                                 {"x", "float32"}},
                                {[&](auto& a) {
                                   a.x = missing({5, 3}, DType::kBFloat16);
                                 },
                                 {"x", "missing"}},
                                {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}},
                                {[&](auto& a) {
                                   a.sums = doubles({2, 4});
                                 },
                                 {"sums", "[2, 4]"}},
                                {[&](auto& a) {
                                   a.sums = sums({2, 3});
                                 },
                                 {"sums", "float32"}}});
  using Moments = BatchMomentsArgs;
  expect_checks<Moments>("batch_moments", [&](const Moments& a) { ops::batch_moments(backend_, a); },
                         {.sums = doubles({2, 3}),
                          .count = 5,
                          .mean = sums({3}),
                          .var = sums({3}),
                          .running_mean = sums({3}),
                          .running_var = sums({3})},
                         {{[&](auto& a) {
                             a.sums = doubles({3, 2});
                           },
                           {"sums", "[3, 2]"}},
                          {[&](auto& a) { a.count = 0; }, {"0 rows"}},
                          {[&](auto& a) { a.momentum = 1.5; }, {"momentum 1.5"}},
                          {[&](auto& a) {
                             a.mean = sums({3, 1});
                           },
                           {"mean", "1 axes"}},
                          {[&](auto& a) { a.var = sums({2}); }, {"var", "[2]"}},
                          {[&](auto& a) { a.running_mean = operands({3}); }, {"running_mean", "bfloat16"}},
                          {[&](auto& a) { a.running_var = on_gpu(a.running_var); }, {"cuda:0"}}});
  expect_checks<BatchNormArgs>("batch_norm", [&](const BatchNormArgs& a) { ops::batch_norm(backend_, a); },
                               {.x = operands({5, 3}),
                                .mean = sums({3}),
                                .var = sums({3}),
                                .weight = sums({3}),
                                .bias = sums({3}),
                                .residual = operands({5, 3}),
                                .y = operands({5, 3})},
                               {{[&](auto& a) {
                                   a.x = sums({5, 3});
                                 },
                                 {"x", "float32"}},
                                {[&](auto& a) { a.mean = sums({4}); }, {"mean", "[4]"}},
                                {[&](auto& a) { a.var = sums({4}); }, {"var", "[4]"}},
                                {[&](auto& a) { a.weight = operands({3}); }, {"weight", "bfloat16"}},
                                {[&](auto& a) { a.bias = {}; }, {"bias"}},
                                {[&](auto& a) {
                                   a.residual = operands({4, 3});
                                 },
                                 {"residual", "[4, 3]"}},
                                {[&](auto& a) {
                                   a.residual = sums({5, 3});
                                 },
                                 {"residual", "float32"}},
                                {[&](auto& a) {
                                   a.y = operands({3, 5});
                                 },
                                 {"y", "[3, 5]"}},
                                {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
}

TEST_F(OpsBatchNorm, BackwardChecksItsArguments) {
  const auto doubles = [&](Shape shape) { return made(shape, DType::kFloat64); };
  using Sums = BatchNormBackwardSumsArgs;
  expect_checks<Sums>("batch_norm_backward_sums", [&](const Sums& a) { ops::batch_norm_backward_sums(backend_, a); },
                      {.x = operands({5, 3}),
                       .mean = sums({3}),
                       .var = sums({3}),
                       .y = operands({5, 3}),
                       .dy = operands({5, 3}),
                       .sums = doubles({2, 3}),
                       .dweight = sums({3}),
                       .dbias = sums({3})},
                      {{[&](auto& a) {
                          a.x = sums({5, 3});
                        },
                        {"x", "float32"}},
                       {[&](auto& a) { a.mean = sums({4}); }, {"mean", "[4]"}},
                       {[&](auto& a) {
                          a.y = operands({3, 5});
                        },
                        {"y", "[3, 5]"}},
                       {[&](auto& a) {
                          a.dy = sums({5, 3});
                        },
                        {"dy", "float32"}},
                       {[&](auto& a) { a.dy = a.y; }, {"dy", "overlaps", "y"}},
                       {[&](auto& a) {
                          a.sums = sums({2, 3});
                        },
                        {"sums", "float32"}},
                       {[&](auto& a) { a.dweight = {}; }, {"dweight and dbias come together"}},
                       {[&](auto& a) { a.dbias = sums({2}); }, {"dbias", "[2]"}}});
  using Backward = BatchNormBackwardArgs;
  expect_checks<Backward>("batch_norm_backward", [&](const Backward& a) { ops::batch_norm_backward(backend_, a); },
                          {.x = operands({5, 3}),
                           .mean = sums({3}),
                           .var = sums({3}),
                           .weight = sums({3}),
                           .dy = operands({5, 3}),
                           .sums = doubles({2, 3}),
                           .count = 5,
                           .dx = operands({5, 3})},
                          {{[&](auto& a) { a.x = operands({5}); }, {"x", "2 axes"}},
                           {[&](auto& a) { a.weight = sums({4}); }, {"weight", "[4]"}},
                           {[&](auto& a) {
                              a.dy = operands({4, 3});
                            },
                            {"dy", "[4, 3]"}},
                           {[&](auto& a) {
                              a.sums = doubles({1, 3});
                            },
                            {"sums", "[1, 3]"}},
                           {[&](auto& a) { a.count = 0; }, {"0 rows"}},
                           {[&](auto& a) {
                              a.dx = sums({5, 3});
                            },
                            {"dx", "float32"}}});
}

}  // namespace
}  // namespace clipkit
