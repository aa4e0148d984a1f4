#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsSimilarity = testing::OpsTest;

TEST_F(OpsSimilarity, SimilarityChecksItsArguments) {
  expect_checks<NormalizeRowsArgs>("normalize_rows",
                                   [&](const NormalizeRowsArgs& a) { ops::normalize_rows(backend_, a); },
                                   {.x = sums({2, 3}), .y = sums({2, 3})},
                                   {{[&](auto& a) { a.x = sums({2}); }, {"x", "2 axes"}},
                                    {[&](auto& a) {
                                       a.x = operands({2, 3});
                                     },
                                     {"x", "bfloat16"}},
                                    {[&](auto& a) {
                                       a.y = sums({3, 2});
                                     },
                                     {"y", "[3, 2]"}},
                                    {[&](auto& a) {
                                       a.y = operands({2, 3});
                                     },
                                     {"y", "bfloat16"}}});
  expect_checks<SoftmaxRowsArgs>("softmax_rows", [&](const SoftmaxRowsArgs& a) { ops::softmax_rows(backend_, a); },
                                 {.x = sums({2, 3}), .y = sums({2, 3})},
                                 {{[&](auto& a) { a.x = sums({2}); }, {"x", "2 axes"}},
                                  {[&](auto& a) {
                                     a.x = operands({2, 3});
                                   },
                                   {"x", "bfloat16"}},
                                  {[&](auto& a) {
                                     a.y = sums({3, 2});
                                   },
                                   {"y", "[3, 2]"}},
                                  {[&](auto& a) {
                                     a.y = operands({2, 3});
                                   },
                                   {"y", "bfloat16"}}});
  expect_checks<SimilarityArgs>("similarity", [&](const SimilarityArgs& a) { ops::similarity(backend_, a); },
                                {.a = sums({2, 3}), .b = sums({4, 3}), .c = sums({2, 4})},
                                {{[&](auto& a) {
                                    a.a = sums({2, 4});
                                  },
                                  {"b", "[4, 3]", "[4, 4]"}},
                                 {[&](auto& a) {
                                    a.a = operands({2, 3});
                                  },
                                  {"a", "bfloat16"}},
                                 {[&](auto& a) {
                                    a.b = operands({4, 3});
                                  },
                                  {"b", "bfloat16"}},
                                 {[&](auto& a) { a.b = sums({4}); }, {"b", "2 axes"}},
                                 {[&](auto& a) {
                                    a.c = sums({4, 2});
                                  },
                                  {"c", "[4, 2]"}},
                                 {[&](auto& a) {
                                    a.c = operands({2, 4});
                                  },
                                  {"c", "bfloat16"}},
                                 {[&](auto& a) { a.c = on_gpu(a.c); }, {"cuda:0"}}});
}

}  // namespace
}  // namespace clipkit
