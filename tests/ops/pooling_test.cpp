#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsPooling = testing::OpsTest;

TEST_F(OpsPooling, PoolingChecksItsArguments) {
  expect_checks<ChannelsLastArgs>("channels_last", [&](const ChannelsLastArgs& a) { ops::channels_last(backend_, a); },
                                  {.x = sums({2, 3, 4, 5}), .y = operands({2, 4, 5, 3})},
                                  {{[&](auto& a) {
                                      a.x = sums({2, 3});
                                    },
                                    {"x", "4 axes"}},
                                   {[&](auto& a) {
                                      a.x = operands({2, 3, 4, 5});
                                    },
                                    {"x", "bfloat16"}},
                                   {[&](auto& a) {
                                      a.y = operands({2, 3, 4, 5});
                                    },
                                    {"y", "[2, 4, 5, 3]"}},
                                   {[&](auto& a) {
                                      a.y = sums({2, 4, 5, 3});
                                    },
                                    {"y", "float32"}}});
  expect_checks<AveragePoolArgs>("average_pool", [&](const AveragePoolArgs& a) { ops::average_pool(backend_, a); },
                                 {.x = operands({2, 5, 4, 3}), .y = operands({2, 2, 2, 3})},
                                 {{[&](auto& a) {
                                     a.x = operands({2, 5, 4});
                                   },
                                   {"x", "4 axes"}},
                                  {[&](auto& a) {
                                     a.x = sums({2, 5, 4, 3});
                                   },
                                   {"x", "float32"}},
                                  {[&](auto& a) {
                                     a.y = operands({2, 3, 2, 3});
                                   },
                                   {"y", "[2, 3, 2, 3]"}},
                                  {[&](auto& a) {
                                     a.y = sums({2, 2, 2, 3});
                                   },
                                   {"y", "float32"}}});
  expect_checks<MeanTokenArgs>("mean_token", [&](const MeanTokenArgs& a) { ops::mean_token(backend_, a); },
                               {.x = operands({2, 4, 3}), .positions = sums({5, 3}), .y = operands({10, 3})},
                               {{[&](auto& a) {
                                   a.x = operands({2, 4});
                                 },
                                 {"x", "3 axes"}},
                                {[&](auto& a) {
                                   a.x = sums({2, 4, 3});
                                 },
                                 {"x", "float32"}},
                                {[&](auto& a) {
                                   a.x = operands({2, 0, 3});
                                 },
                                 {"x", "[2, 0, 3]"}},
                                {[&](auto& a) {
                                   a.positions = sums({4, 3});
                                 },
                                 {"positions", "[4, 3]"}},
                                {[&](auto& a) {
                                   a.positions = operands({5, 3});
                                 },
                                 {"positions", "bfloat16"}},
                                {[&](auto& a) {
                                   a.y = operands({8, 3});
                                 },
                                 {"y", "[8, 3]"}},
                                {[&](auto& a) {
                                   a.y = sums({10, 3});
                                 },
                                 {"y", "float32"}}});
  const std::vector<int64_t> rows = {1, 0, 1}, beyond = {0, 2, 0}, negative = {0, -1, 0};
  expect_checks<GatherRowsArgs>("gather_rows", [&](const GatherRowsArgs& a) { ops::gather_rows(backend_, a); },
                                {.x = sums({2, 3}), .rows = rows, .y = sums({3, 3})},
                                {{[&](auto& a) {
                                    a.x = sums({2, 3, 1});
                                  },
                                  {"x", "2 axes"}},
                                 {[&](auto& a) { a.rows = beyond; }, {"row 2 of 2"}},
                                 {[&](auto& a) { a.rows = negative; }, {"row -1"}},
                                 {[&](auto& a) {
                                    a.y = sums({2, 3});
                                  },
                                  {"y", "[2, 3]", "[3, 3]"}},
                                 {[&](auto& a) {
                                    a.y = operands({3, 3});
                                  },
                                  {"y", "bfloat16"}}});
  expect_checks<ConvertArgs>("convert", [&](const ConvertArgs& a) { ops::convert(backend_, a); },
                             {.x = sums({2, 3}), .y = operands({2, 3})},
                             {{[&](auto& a) {
                                 a.y = operands({3, 2});
                               },
                               {"y", "[3, 2]"}},
                              {[&](auto& a) {
                                 a.x = made({2, 3}, DType::kInt32);
                               },
                               {"x", "int32"}},
                              {[&](auto& a) {
                                 a.y = made({2, 3}, DType::kFloat64);
                               },
                               {"y", "float64"}},
                              {[&](auto& a) { a.y = a.x; }, {"y", "overlaps", "x"}}});
}

TEST_F(OpsPooling, BackwardChecksItsArguments) {
  using Average = AveragePoolBackwardArgs;
  expect_checks<Average>("average_pool_backward", [&](const Average& a) { ops::average_pool_backward(backend_, a); },
                         {.dy = operands({2, 2, 2, 3}), .dx = operands({2, 5, 4, 3})},
                         {{[&](auto& a) {
                             a.dx = operands({2, 5, 4});
                           },
                           {"dx", "4 axes"}},
                          {[&](auto& a) {
                             a.dx = sums({2, 5, 4, 3});
                           },
                           {"dx", "float32"}},
                          {[&](auto& a) {
                             a.dy = operands({2, 3, 2, 3});
                           },
                           {"dy", "[2, 3, 2, 3]"}},
                          {[&](auto& a) {
                             a.dy = sums({2, 2, 2, 3});
                           },
                           {"dy", "float32"}},
                          {[&](auto& a) { a.dy = on_gpu(a.dy); }, {"cuda:0"}}});
  using Mean = MeanTokenBackwardArgs;
  expect_checks<Mean>("mean_token_backward", [&](const Mean& a) { ops::mean_token_backward(backend_, a); },
                      {.dy = sums({10, 3}), .dx = operands({2, 4, 3}), .dpositions = sums({5, 3})},
                      {{[&](auto& a) {
                          a.dx = operands({2, 4});
                        },
                        {"dx", "3 axes"}},
                       {[&](auto& a) {
                          a.dx = operands({2, 0, 3});
                        },
                        {"dx", "[2, 0, 3]"}},
                       {[&](auto& a) {
                          a.dx = sums({2, 4, 3});
                        },
                        {"dx", "float32"}},
                       {[&](auto& a) {
                          a.dy = sums({8, 3});
                        },
                        {"dy", "[8, 3]"}},
                       {[&](auto& a) {
                          a.dy = operands({10, 3});
                        },
                        {"dy", "bfloat16"}},
                       {[&](auto& a) {
                          a.dpositions = sums({4, 3});
                        },
                        {"dpositions", "[4, 3]"}},
                       {[&](auto& a) {
                          a.dpositions = operands({5, 3});
                        },
                        {"dpositions", "bfloat16"}}});
}

TEST_F(OpsPooling, AddTakesOneType) {
  expect_checks<AddArgs>("add", [&](const AddArgs& a) { ops::add(backend_, a); },
                         {.a = operands({2, 3}), .b = operands({2, 3}), .y = operands({2, 3})},
                         {{[&](auto& a) {
                             a.b = operands({3, 2});
                           },
                           {"b", "[3, 2]"}},
                          {[&](auto& a) {
                             a.b = sums({2, 3});
                           },
                           {"b", "float32"}},
                          {[&](auto& a) {
                             a.y = sums({2, 3});
                           },
                           {"y", "float32"}},
                          {[&](auto& a) {
                             a.a = made({2, 3}, DType::kInt32);
                           },
                           {"a", "int32"}}});
}

}  // namespace
}  // namespace clipkit
