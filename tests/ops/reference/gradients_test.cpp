#include "support/gradients.h"

#include "base/concat.h"
#include "ops/reference/linear.h"
#include "ops/reference/reference_backend.h"

// The reference's backward passes in float64 against central differences of its forward passes.

namespace clipkit {
namespace {

using testing::expect_central_differences;
using testing::random_tensor;
using testing::to_double;
using testing::weighted_sum;

using ReferenceGradient = testing::GradientTest;

TEST_F(ReferenceGradient, OfLinearMatchesCentralDifferences) {
  for (const bool transposed : {false, true}) {
    const Tensor x = input({5, 7}, 1), weight = input(transposed ? Shape{7, 3} : Shape{3, 7}, 2), bias = input({3}, 3),
                 dy = input({5, 3}, 4), y = zeros({5, 3});
    const auto loss = [&] {
      ops::linear(*b_, *ops::pack_linear(*b_, {.weight = weight, .bias = bias, .transposed = transposed}),
                  {.x = x, .y = y});
      return weighted_sum(y, dy);
    };
    const Tensor dx = poisoned({5, 7}), dweight = zeros(weight.shape()), dbias = zeros({3});
    ops::linear(*b_, *ops::pack_linear(*b_, {.weight = weight, .transposed = !transposed}), {.x = dy, .y = dx});
    ops::linear_weight_gradient(*b_, {.x = x, .dy = dy, .dweight = dweight, .dbias = dbias, .transposed = transposed});
    expect_central_differences(x, dx, loss, "x");
    expect_central_differences(weight, dweight, loss, "weight");
    expect_central_differences(bias, dbias, loss, "bias");
  }
}

TEST_F(ReferenceGradient, OfParametersAccumulates) {
  const Tensor x = input({4, 3}, 1), dy = input({4, 2}, 2), once = zeros({2, 3}), twice = zeros({2, 3});
  ops::linear_weight_gradient(*b_, {.x = x, .dy = dy, .dweight = once});
  for (int i = 0; i < 2; ++i) ops::linear_weight_gradient(*b_, {.x = x, .dy = dy, .dweight = twice});
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(twice.data<double>()[i], 2 * once.data<double>()[i]);
}

TEST_F(ReferenceGradient, OfActivationsMatchesCentralDifferences) {
  for (const Activation activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    const Tensor x = to_double(random_tensor({60}, 1, DType::kFloat32, 4)), dy = input({60}, 2), y = zeros({60}),
                 dx = poisoned({60});
    ops::activate_backward(*b_, {.x = x, .dy = dy, .dx = dx, .activation = activation});
    expect_central_differences(
        x, dx,
        [&] {
          ops::activate(*b_, {.x = x, .y = y, .activation = activation});
          return weighted_sum(y, dy);
        },
        concat("activation ", static_cast<int>(activation)), 60);
  }
}

TEST_F(ReferenceGradient, OfLayerNormMatchesCentralDifferences) {
  const Tensor x = input({4, 9}, 1), weight = input({9}, 2), bias = input({9}, 3), dy = input({4, 9}, 4),
               y = zeros({4, 9}), dx = poisoned({4, 9}), dweight = zeros({9}), dbias = zeros({9});
  const auto loss = [&] {
    ops::layer_norm(*b_, {.x = x, .weight = weight, .bias = bias, .eps = 1e-5, .y = y});
    return weighted_sum(y, dy);
  };
  ops::layer_norm_backward(
      *b_, {.x = x, .weight = weight, .eps = 1e-5, .dy = dy, .dx = dx, .dweight = dweight, .dbias = dbias});
  expect_central_differences(x, dx, loss, "x");
  expect_central_differences(weight, dweight, loss, "weight");
  expect_central_differences(bias, dbias, loss, "bias");
  ops::layer_norm_backward(*b_, {.x = x, .weight = weight, .eps = 1e-5, .dy = dy, .dx = dy});
  for (int64_t i = 0; i < dx.num_elements(); ++i) EXPECT_EQ(dx.data<double>()[i], dy.data<double>()[i]);
}

struct Sequences {
  std::vector<int64_t> starts, q_starts;
  bool causal;
};

TEST_F(ReferenceGradient, OfAttentionMatchesCentralDifferences) {
  const int64_t rows = 9, width = 6;
  for (const Sequences& s : {Sequences{{0, 4, 9}, {0, 4, 9}, false},
                             {{0, 4, 9}, {0, 4, 9}, true},
                             {{0, 4, 9}, {0, 1, 2}, true},     // one query each, as in the last block
                             {{0, 3, 5}, {0, 3, 5}, true}}) {  // the last four rows are padding
    const int64_t queries = s.q_starts.back() == s.starts.back() ? rows : s.q_starts.back();
    const Tensor q = input({queries, width}, 1), kv = input({rows, 2 * width}, 2), dout = input({queries, width}, 3),
                 out = zeros({queries, width}), dq = poisoned({queries, width}), dkv = poisoned({rows, 2 * width});
    ops::attention_backward(*b_, {.q = q,
                                  .kv = kv,
                                  .dout = dout,
                                  .dq = dq,
                                  .dkv = dkv,
                                  .heads = 2,
                                  .causal = s.causal,
                                  .starts = s.starts,
                                  .q_starts = s.q_starts});
    const auto loss = [&] {
      ops::attention(
          *b_,
          {.q = q, .kv = kv, .out = out, .heads = 2, .causal = s.causal, .starts = s.starts, .q_starts = s.q_starts});
      return weighted_sum(out, dout);
    };
    expect_central_differences(q, dq, loss, "q", 100);
    expect_central_differences(kv, dkv, loss, "kv", 200);
  }
}

TEST_F(ReferenceGradient, OfEmbeddingsMatchesCentralDifferences) {
  const std::vector<int32_t> ids = {2, 0, 2, -1, 4}, index = {0, 1, 0, 0, 1};
  const Tensor table = input({5, 4}, 1), positions = input({2, 4}, 2), dy = input({5, 4}, 3), y = zeros({5, 4}),
               dtable = zeros({5, 4}), dpositions = zeros({2, 4});
  ops::embed_tokens_backward(*b_, {.ids = ids, .index = index, .dy = dy, .dtable = dtable, .dpositions = dpositions});
  const auto loss = [&] {
    ops::embed_tokens(*b_, {.ids = ids, .index = index, .table = table, .positions = positions, .y = y});
    return weighted_sum(y, dy);
  };
  expect_central_differences(table, dtable, loss, "table");
  expect_central_differences(positions, dpositions, loss, "positions");
}

TEST_F(ReferenceGradient, OfPatchEmbeddingMatchesCentralDifferences) {
  const int64_t length = 5, width = 3;
  const Tensor patches = input({8, width}, 1), class_embedding = input({width}, 2),
               positions = input({length, width}, 3), dx = input({10, width}, 4), x = zeros({10, width}),
               dpatches = poisoned({8, width}), dclass = zeros({width}), dpositions = zeros({length, width});
  ops::embed_patches_backward(
      *b_, {.length = length, .dx = dx, .dpatches = dpatches, .dclass_embedding = dclass, .dpositions = dpositions});
  const auto loss = [&] {
    ops::embed_patches(*b_, {.patches = patches, .class_embedding = class_embedding, .positions = positions, .x = x});
    return weighted_sum(x, dx);
  };
  expect_central_differences(patches, dpatches, loss, "patches");
  expect_central_differences(class_embedding, dclass, loss, "class_embedding");
  expect_central_differences(positions, dpositions, loss, "positions");
}

TEST_F(ReferenceGradient, OfNormalizedRowsMatchesCentralDifferences) {
  const Tensor x = input({3, 8}, 1), dy = input({3, 8}, 2), y = zeros({3, 8}), dx = poisoned({3, 8});
  ops::normalize_rows_backward(*b_, {.x = x, .dy = dy, .dx = dx});
  expect_central_differences(
      x, dx,
      [&] {
        ops::normalize_rows(*b_, {.x = x, .y = y});
        return weighted_sum(y, dy);
      },
      "x");
}

TEST_F(ReferenceGradient, GatheredRowsAreHandedBack) {
  const std::vector<int64_t> rows = {1, 3};
  const Tensor x = input({2, 3}, 1), y = input({4, 3}, 2), before = Tensor::copy_of(y);
  ops::scatter_add_rows(*b_, {.x = x, .rows = rows, .y = y});
  for (int64_t r = 0; r < 4; ++r) {
    for (size_t d = 0; d < 3; ++d) {
      const double added = r == 1 ? x.row<double>(0)[d] : r == 3 ? x.row<double>(1)[d] : 0;
      EXPECT_EQ(y.row<double>(r)[d], before.row<double>(r)[d] + added);
    }
  }
}

// Of both sides' losses, with the columns' rows in another order of words: y's own loss has x for y.
TEST_F(ReferenceGradient, OfContrastiveLossesMatchesCentralDifferences) {
  constexpr int64_t kBatch = 5, kWidth = 3;
  for (const bool sigmoid : {false, true}) {
    const Tensor x = input({kBatch, kWidth}, 1), y = input({kBatch, kWidth}, 2), scale = zeros({}), bias = zeros({}),
                 reduced_x = zeros({kBatch}), reduced_y = zeros({kBatch}), loss_x = zeros({kBatch}),
                 loss_y = zeros({kBatch}), dx = poisoned(x.shape()), dy = poisoned(y.shape()), dscale = zeros({}),
                 dbias = zeros({});
    *scale.data<double>() = 0.7;
    *bias.data<double>() = -0.3;
    const TensorView with_bias = sigmoid ? bias.view() : TensorView{};
    constexpr double kFactor = 0.3;
    const auto loss = [&] {
      ops::contrastive_loss(
          *b_, {.x = x, .y = y, .logit_scale = scale, .logit_bias = with_bias, .reduced = reduced_x, .loss = loss_x});
      ops::contrastive_loss(
          *b_, {.x = y, .y = x, .logit_scale = scale, .logit_bias = with_bias, .reduced = reduced_y, .loss = loss_y});
      double sum = 0;
      for (int64_t i = 0; i < kBatch; ++i) sum += loss_x.data<double>()[i] + (sigmoid ? 0 : loss_y.data<double>()[i]);
      return kFactor * sum;
    };
    loss();
    // Each process has two or three of the rows; the temperature's gradient comes from x's side alone.
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 2}, {2, kBatch}}) {
      ops::contrastive_loss_backward(*b_, {.x = x.view().slice(begin, end),
                                           .y = y,
                                           .logit_scale = scale,
                                           .logit_bias = with_bias,
                                           .first = begin,
                                           .reduced = reduced_x.view().slice(begin, end),
                                           .reduced_y = reduced_y,
                                           .factor = kFactor,
                                           .scalar_factor = kFactor,
                                           .dx = dx.view().slice(begin, end),
                                           .dlogit_scale = dscale,
                                           .dlogit_bias = dbias});
      ops::contrastive_loss_backward(*b_, {.x = y.view().slice(begin, end),
                                           .y = x,
                                           .logit_scale = scale,
                                           .logit_bias = with_bias,
                                           .first = begin,
                                           .reduced = reduced_y.view().slice(begin, end),
                                           .reduced_y = reduced_x,
                                           .factor = kFactor,
                                           .dx = dy.view().slice(begin, end)});
    }
    const std::string kind = sigmoid ? " of the sigmoid loss" : " of the softmax loss";
    expect_central_differences(x, dx, loss, "x" + kind);
    expect_central_differences(y, dy, loss, "y" + kind);
    expect_central_differences(scale, dscale, loss, "logit_scale" + kind);
    if (sigmoid) expect_central_differences(bias, dbias, loss, "logit_bias" + kind);
  }
}

}  // namespace
}  // namespace clipkit
