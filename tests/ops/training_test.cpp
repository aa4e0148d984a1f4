#include "ops/ops_testing.h"

// What the operations of training refuse: backward passes, losses and the optimiser.

namespace clipkit {
namespace {

class OpsTraining : public testing::OpsTest {
 protected:
  std::vector<int32_t> ids_ = {0, 2, -1}, index_ = {0, 1, 0};
  std::vector<int64_t> starts_ = {0, 2, 4}, rows_ = {1, 3};
};

TEST_F(OpsTraining, BackwardPassesOfLayersCheckTheirArguments) {
  expect_checks<LinearWeightGradientArgs>(
      "linear_weight_gradient", [&](const auto& a) { ops::linear_weight_gradient(backend_, a); },
      {.x = operands({4, 3}), .dy = operands({4, 2}), .dweight = sums({2, 3}), .dbias = sums({2})},
      {{[&](auto& a) {
          a.x = sums({4, 3});
        },
        {"x", "float32"}},
       {[&](auto& a) {
          a.dy = operands({5, 2});
        },
        {"dy", "[5, 2]"}},
       {[&](auto& a) {
          a.dweight = sums({3, 2});
        },
        {"dweight", "[3, 2]", "[2, 3]"}},
       {[&](auto& a) { a.transposed = true; }, {"dweight", "[2, 3]", "[3, 2]"}},
       {[&](auto& a) {
          a.dweight = made({2, 3}, DType::kFloat16);
        },
        {"dweight", "float16"}},
       {[&](auto& a) { a.dbias = sums({3}); }, {"dbias", "[3]"}},
       {[&](auto& a) { a.dweight = on_gpu(a.dweight); }, {"cuda:0"}}});
  expect_checks<ActivateArgs>(
      "activate", [&](const auto& a) { ops::activate(backend_, a); },
      {.x = operands({4}), .y = operands({4}), .activation = Activation::kGelu},
      {{[&](auto& a) { a.y = operands({5}); }, {"y", "[5]"}}, {[&](auto& a) { a.x = sums({4}); }, {"x", "float32"}}});
  expect_checks<ActivateBackwardArgs>(
      "activate_backward", [&](const auto& a) { ops::activate_backward(backend_, a); },
      {.x = operands({4}), .dy = operands({4}), .dx = operands({4}), .activation = Activation::kGelu},
      {{[&](auto& a) { a.dy = operands({5}); }, {"dy", "[5]"}},
       {[&](auto& a) { a.dx = sums({4}); }, {"dx", "float32"}},
       {[&](auto& a) { a.dx = a.x; }, {"dx", "overlaps", "x"}}});
  expect_checks<LayerNormBackwardArgs>("layer_norm_backward",
                                       [&](const auto& a) { ops::layer_norm_backward(backend_, a); },
                                       {.x = sums({2, 3}),
                                        .weight = sums({3}),
                                        .dy = sums({2, 3}),
                                        .dx = sums({2, 3}),
                                        .dweight = sums({3}),
                                        .dbias = sums({3})},
                                       {{[&](auto& a) { a.weight = sums({4}); }, {"weight", "[4]"}},
                                        {[&](auto& a) {
                                           a.dy = sums({3, 2});
                                         },
                                         {"dy", "[3, 2]"}},
                                        {[&](auto& a) {
                                           a.dx = operands({2, 3});
                                         },
                                         {"bfloat16"}},
                                        {[&](auto& a) { a.dweight = sums({2}); }, {"dweight", "[2]"}}});
  expect_checks<AttentionBackwardArgs>("attention_backward",
                                       [&](const auto& a) { ops::attention_backward(backend_, a); },
                                       {.q = operands({4, 6}),
                                        .kv = operands({4, 12}),
                                        .dout = operands({4, 6}),
                                        .dq = operands({4, 6}),
                                        .dkv = operands({4, 12}),
                                        .heads = 2,
                                        .starts = starts_,
                                        .q_starts = starts_},
                                       {{[&](auto& a) {
                                           a.kv = operands({4, 6});
                                         },
                                         {"kv", "[4, 6]", "[4, 12]"}},
                                        {[&](auto& a) {
                                           a.dout = operands({3, 6});
                                         },
                                         {"dout", "[3, 6]"}},
                                        {[&](auto& a) {
                                           a.dq = sums({4, 6});
                                         },
                                         {"float32"}},
                                        {[&](auto& a) { a.heads = 4; }, {"width 6", "4 heads"}},
                                        {[&](auto& a) { a.dkv = a.kv; }, {"dkv", "overlaps"}},
                                        {[&](auto& a) { a.starts = std::span(starts_).first(2); }, {"starts"}}});
}

TEST_F(OpsTraining, BackwardPassesOfEmbeddingsCheckTheirArguments) {
  expect_checks<EmbedTokensBackwardArgs>(
      "embed_tokens_backward", [&](const auto& a) { ops::embed_tokens_backward(backend_, a); },
      {.ids = ids_, .index = index_, .dy = sums({3, 4}), .dtable = sums({5, 4}), .dpositions = sums({2, 4})},
      {{[&](auto& a) {
          a.dy = sums({2, 4});
        },
        {"dy", "[2, 4]"}},
       {[&](auto& a) {
          a.dtable = sums({2, 4});
        },
        {"dtable", "row 2"}},
       {[&](auto& a) {
          a.dpositions = sums({1, 4});
        },
        {"dpositions", "row 1"}},
       {[&](auto& a) {
          a.dtable = sums({5, 3});
        },
        {"dtable", "[5, 3]"}},
       {[&](auto& a) { a.index = std::span(index_).first(2); }, {"3 ids, 2 positions"}}});
  expect_checks<EmbedPatchesBackwardArgs>(
      "embed_patches_backward", [&](const auto& a) { ops::embed_patches_backward(backend_, a); },
      {.length = 5,
       .dx = sums({10, 4}),
       .dpatches = operands({8, 4}),
       .dclass_embedding = sums({4}),
       .dpositions = sums({5, 4})},
      {{[&](auto& a) { a.length = 3; }, {"10 rows"}},
       {[&](auto& a) {
          a.dpatches = operands({10, 4});
        },
        {"dpatches", "[10, 4]"}},
       {[&](auto& a) {
          a.dpatches = sums({8, 4});
        },
        {"dpatches", "float32"}},
       {[&](auto& a) { a.dclass_embedding = sums({5}); }, {"dclass_embedding", "[5]"}},
       {[&](auto& a) {
          a.dpositions = sums({4, 4});
        },
        {"dpositions", "[4, 4]"}}});
  expect_checks<ScatterAddRowsArgs>("scatter_add_rows", [&](const auto& a) { ops::scatter_add_rows(backend_, a); },
                                    {.x = sums({2, 3}), .rows = rows_, .y = sums({4, 3})},
                                    {{[&](auto& a) {
                                        a.x = sums({3, 3});
                                      },
                                      {"x", "[3, 3]"}},
                                     {[&](auto& a) {
                                        a.y = sums({3, 3});
                                      },
                                      {"row 3 of 3"}},
                                     {[&](auto& a) {
                                        a.y = operands({4, 3});
                                      },
                                      {"y", "bfloat16"}}});
  expect_checks<NormalizeRowsBackwardArgs>("normalize_rows_backward",
                                           [&](const auto& a) { ops::normalize_rows_backward(backend_, a); },
                                           {.x = sums({2, 3}), .dy = sums({2, 3}), .dx = sums({2, 3})},
                                           {{[&](auto& a) {
                                               a.dy = sums({3, 3});
                                             },
                                             {"dy", "[3, 3]"}},
                                            {[&](auto& a) { a.dx = a.x; }, {"dx", "overlaps", "x"}},
                                            {[&](auto& a) {
                                               a.x = operands({2, 3});
                                             },
                                             {"x", "bfloat16"}}});
}

TEST_F(OpsTraining, RowsToAddToMustRise) {
  const std::vector<int64_t> falling = {3, 1}, twice = {1, 1};
  for (const auto& rows : {falling, twice}) {
    testing::expect_refused(
        [&] {
          ops::scatter_add_rows(backend_, {.x = sums({2, 3}), .rows = rows, .y = sums({4, 3})});
        },
        {"scatter_add_rows", "rows must rise"});
  }
}

TEST_F(OpsTraining, LossesCheckTheirArguments) {
  expect_checks<ContrastiveLossArgs>("contrastive_loss", [&](const auto& a) { ops::contrastive_loss(backend_, a); },
                                     {.x = sums({2, 3}),
                                      .y = sums({5, 3}),
                                      .logit_scale = sums({}),
                                      .logit_bias = sums({}),
                                      .first = 3,
                                      .reduced = sums({2}),
                                      .loss = sums({2})},
                                     {{[&](auto& a) {
                                         a.y = sums({5, 4});
                                       },
                                       {"y", "[5, 4]"}},
                                      {[&](auto& a) {
                                         a.x = operands({2, 3});
                                       },
                                       {"x", "bfloat16"}},
                                      {[&](auto& a) { a.first = 4; }, {"rows 4 to 5 of y, which has 5"}},
                                      {[&](auto& a) { a.first = -1; }, {"rows -1"}},
                                      {[&](auto& a) { a.logit_scale = sums({1}); }, {"logit_scale", "[1]"}},
                                      {[&](auto& a) { a.logit_bias = sums({2}); }, {"logit_bias", "[2]"}},
                                      {[&](auto& a) { a.reduced = sums({3}); }, {"reduced", "[3]"}},
                                      {[&](auto& a) { a.loss = a.reduced; }, {"loss", "overlaps", "reduced"}},
                                      {[&](auto& a) { a.y = on_gpu(a.y); }, {"cuda:0"}}});
  expect_checks<ContrastiveLossBackwardArgs>("contrastive_loss_backward",
                                             [&](const auto& a) { ops::contrastive_loss_backward(backend_, a); },
                                             {.x = sums({2, 3}),
                                              .y = sums({5, 3}),
                                              .logit_scale = sums({}),
                                              .first = 1,
                                              .reduced = sums({2}),
                                              .reduced_y = sums({5}),
                                              .dx = sums({2, 3}),
                                              .dlogit_scale = sums({})},
                                             {{[&](auto& a) { a.reduced = {}; }, {"reduced"}},
                                              {[&](auto& a) { a.reduced_y = sums({2}); }, {"reduced_y", "[2]", "[5]"}},
                                              {[&](auto& a) { a.factor = 0; }, {"factor 0"}},
                                              {[&](auto& a) {
                                                 a.dx = sums({5, 3});
                                               },
                                               {"dx", "[5, 3]"}},
                                              {[&](auto& a) { a.dx = a.x; }, {"dx", "overlaps"}},
                                              {[&](auto& a) { a.dlogit_scale = sums({2}); }, {"dlogit_scale", "[2]"}}});
}

TEST_F(OpsTraining, OptimizerChecksItsArguments) {
  const AdamWArgs good = {.param = sums({3}), .grad = sums({3}), .m = sums({3}), .v = sums({3}), .lr = 0.1};
  expect_checks<AdamWArgs>("adamw", [&](const auto& a) { ops::adamw(backend_, a); }, good,
                           {{[&](auto& a) { a.grad = sums({4}); }, {"grad", "[4]"}},
                            {[&](auto& a) { a.m = operands({3}); }, {"v", "float32", "bfloat16"}},
                            {[&](auto& a) { a.m = made({3}, DType::kFloat16); }, {"m", "float16"}},
                            {[&](auto& a) { a.param = operands({3}); }, {"param", "bfloat16"}},
                            {[&](auto& a) { a.v = a.m; }, {"m", "overlaps", "v"}},
                            {[&](auto& a) { a.step = 0; }, {"step 0"}},
                            {[&](auto& a) { a.beta2 = 1; }, {"beta2 1"}}});
  AdamWArgs halves = good;
  halves.m = operands({3}), halves.v = operands({3});
  ops::adamw(backend_, halves);
  expect_checks<SumOfSquaresArgs>("sum_of_squares", [&](const auto& a) { ops::sum_of_squares(backend_, a); },
                                  {.x = sums({3}), .result = made({}, DType::kFloat64)},
                                  {{[&](auto& a) { a.result = sums({}); }, {"result", "float32", "float64"}},
                                   {[&](auto& a) { a.x = made({3}, DType::kFloat16); }, {"x", "float16"}}});
  expect_checks<BlendArgs>(
      "blend", [&](const auto& a) { ops::blend(backend_, a); }, {.x = sums({3}), .y = sums({3})},
      {{[&](auto& a) { a.x = sums({2}); }, {"x", "[2]"}}, {[&](auto& a) { a.y = a.x; }, {"y", "overlaps", "x"}}});
  expect_checks<ClampArgs>(
      "clamp", [&](const auto& a) { ops::clamp(backend_, a); }, {.x = sums({3}), .low = 0, .high = 1},
      {{[&](auto& a) { a.low = 2; }, {"from 2 to 1"}}, {[&](auto& a) { a.x = operands({3}); }, {"x", "bfloat16"}}});
}

}  // namespace
}  // namespace clipkit
