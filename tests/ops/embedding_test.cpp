#include "ops/ops_testing.h"

namespace clipkit {
namespace {

using OpsEmbedding = testing::OpsTest;

TEST_F(OpsEmbedding, EmbedTokensChecksItsArguments) {
  const std::vector<int32_t> ids = {0, 4, -1}, index = {0, 1, 0}, one = {0}, high = {0, 5, 0}, low = {0, -2, 0},
                             late = {0, 2, 0}, before = {0, -1, 0};
  const EmbedTokensArgs good = {
      .ids = ids, .index = index, .table = made({5, 3}, DType::kFloat16), .positions = sums({2, 3}), .y = sums({3, 3})};
  expect_checks<EmbedTokensArgs>("embed_tokens", [&](const EmbedTokensArgs& a) { ops::embed_tokens(backend_, a); },
                                 good,
                                 {{[&](auto& a) { a.ids = high; }, {"token id 5", "vocabulary of 5"}},
                                  {[&](auto& a) { a.ids = low; }, {"token id -2"}},
                                  {[&](auto& a) { a.index = late; }, {"position 2", "2"}},
                                  {[&](auto& a) { a.index = before; }, {"position -1"}},
                                  {[&](auto& a) { a.index = one; }, {"3 ids", "1 positions"}},
                                  {[&](auto& a) { a.table = sums({5}); }, {"table", "2 axes"}},
                                  {[&](auto& a) {
                                     a.table = made({5, 3}, DType::kInt8);
                                   },
                                   {"table", "int8"}},
                                  {[&](auto& a) {
                                     a.positions = sums({2, 4});
                                   },
                                   {"positions", "[2, 4]", "[2, 3]"}},
                                  {[&](auto& a) {
                                     a.positions = operands({2, 3});
                                   },
                                   {"positions", "bfloat16"}},
                                  {[&](auto& a) {
                                     a.y = sums({2, 3});
                                   },
                                   {"y", "[2, 3]"}},
                                  {[&](auto& a) {
                                     a.y = operands({3, 3});
                                   },
                                   {"y", "bfloat16"}},
                                  {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
}

TEST_F(OpsEmbedding, PatchesChecksItsArguments) {
  const PatchesArgs good = {.pixels = sums({2, 3, 5, 4}), .patch = 2, .y = operands({8, 12})};
  expect_checks<PatchesArgs>("patches", [&](const PatchesArgs& a) { ops::patches(backend_, a); }, good,
                             {{[&](auto& a) {
                                 a.pixels = sums({3, 5, 4});
                               },
                               {"pixels", "4 axes"}},
                              {[&](auto& a) {
                                 a.pixels = operands({2, 3, 5, 4});
                               },
                               {"pixels", "bfloat16"}},
                              {[&](auto& a) { a.patch = 0; }, {"patch size 0"}},
                              {[&](auto& a) { a.patch = -2; }, {"patch size -2"}},
                              {[&](auto& a) {
                                 a.y = operands({8, 11});
                               },
                               {"y", "[8, 11]", "[8, 12]"}},
                              {[&](auto& a) {
                                 a.y = sums({8, 12});
                               },
                               {"y", "float32"}},
                              {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
}

TEST_F(OpsEmbedding, EmbedPatchesChecksItsArguments) {
  const EmbedPatchesArgs good = {
      .patches = sums({8, 3}), .class_embedding = sums({3}), .positions = sums({5, 3}), .x = sums({10, 3})};
  expect_checks<EmbedPatchesArgs>(
      "embed_patches", [&](const EmbedPatchesArgs& a) { ops::embed_patches(backend_, a); }, good,
      {{[&](auto& a) {
          a.patches = sums({7, 3});
        },
        {"patches", "[7, 3]", "[8, 3]"}},
       {[&](auto& a) {
          a.patches = operands({8, 3});
        },
        {"patches", "bfloat16"}},
       {[&](auto& a) { a.class_embedding = sums({4}); }, {"class_embedding", "[4]"}},
       {[&](auto& a) { a.class_embedding = operands({3}); }, {"class_embedding", "bfloat16"}},
       {[&](auto& a) {
          a.positions = sums({4, 3});
        },
        {"10 rows", "4 positions"}},
       {[&](auto& a) {
          a.positions = sums({1, 3});
        },
        {"1 positions"}},
       {[&](auto& a) {
          a.positions = operands({5, 3});
        },
        {"positions", "bfloat16"}},
       {[&](auto& a) {
          a.x = sums({10, 4});
        },
        {"x", "[10, 4]"}},
       {[&](auto& a) {
          a.x = operands({10, 3});
        },
        {"x", "bfloat16"}},
       {[&](auto& a) { a.x = on_gpu(a.x); }, {"cuda:0"}}});
}

}  // namespace
}  // namespace clipkit
