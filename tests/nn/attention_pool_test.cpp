#include "nn/attention_pool.h"

#include "nn/nn_testing.h"
#include "support/gradients.h"

namespace clipkit {
namespace {

using testing::expect_near;
using testing::to_double;

constexpr int64_t kPositions = 9, kPoolWidth = 12, kPoolEmbed = 5;
constexpr int kPoolHeads = 3;

class NnAttentionPool : public testing::NnTest {
 protected:
  AttentionPool made() {
    AttentionPool pool(kPositions, kPoolWidth, kPoolHeads, kPoolEmbed);
    testing::ParamFiller filler(3);
    pool.visit_params(filler.visitor());
    names_ = filler.names;
    return pool;
  }
  Tensor run(const AttentionPool& pool, const TensorView& x) {
    const Tensor pooled = sums({x.shape()[0], kPoolWidth});
    Tensor y = sums({x.shape()[0], kPoolEmbed});
    pool.pool(context_, x, pooled);
    pool.project(context_, pooled, y);
    return y;
  }
  std::vector<std::string> names_;
};

TEST_F(NnAttentionPool, NamesItsParametersAsOpenAiDoes) {
  made();
  EXPECT_EQ(names_,
            (std::vector<std::string>{"positional_embedding", "q_proj.weight", "q_proj.bias", "k_proj.weight",
                                      "k_proj.bias", "v_proj.weight", "v_proj.bias", "c_proj.weight", "c_proj.bias"}));
}

// The original runs attention over all tokens and reads the first: the same with a query for the mean alone.
TEST_F(NnAttentionPool, AsksForTheMeanAmongItselfAndAllPositions) {
  AttentionPool pool = made();
  const Tensor x = input({2, kPositions, kPoolWidth}, 1);
  constexpr int64_t kLength = kPositions + 1;
  const Tensor tokens = sums({2 * kLength, kPoolWidth});
  const Tensor positions = to_double(pool.positional_embedding.value);
  ops::mean_token(*backend_, {.x = x, .positions = positions, .y = tokens});
  const auto apply = [&](const Linear& layer, const TensorView& from) {
    Tensor y = sums({from.shape()[0], layer.weight.shape[0]});
    ops::linear(*backend_, *ops::pack_linear(*backend_, {.weight = layer.weight.value, .bias = layer.bias.value}),
                {.x = from, .y = y});
    return y;
  };
  const Tensor q = apply(pool.q_proj, tokens), k = apply(pool.k_proj, tokens), v = apply(pool.v_proj, tokens);
  const Tensor kv = sums({2 * kLength, 2 * kPoolWidth}), out = sums({2 * kLength, kPoolWidth});
  for (int64_t r = 0; r < 2 * kLength; ++r) {
    std::copy_n(k.row<double>(r).data(), kPoolWidth, kv.row<double>(r).data());
    std::copy_n(v.row<double>(r).data(), kPoolWidth, kv.row<double>(r).data() + kPoolWidth);
  }
  const std::vector<int64_t> starts = {0, kLength, 2 * kLength};
  ops::attention(*backend_, {.q = q, .kv = kv, .out = out, .heads = kPoolHeads, .starts = starts, .q_starts = starts});
  const Tensor all = apply(pool.c_proj, out);

  pool.prepare(*backend_);
  const Tensor y = run(pool, x);
  for (int64_t n = 0; n < 2; ++n) {
    expect_near(y.view().slice(n, n + 1), all.view().slice(n * kLength, n * kLength + 1), 1e-13, "pooled");
  }
}

TEST_F(NnAttentionPool, PicturesOfABatchDoNotMix) {
  AttentionPool pool = made();
  pool.prepare(*backend_);
  const Tensor x = input({3, kPositions, kPoolWidth}, 1);
  const Tensor together = run(pool, x);
  for (int64_t n = 0; n < 3; ++n) {
    expect_near(together.view().slice(n, n + 1), run(pool, x.view().slice(n, n + 1)), 0, "picture");
  }
}

TEST_F(NnAttentionPool, BackwardMatchesCentralDifferences) {
  AttentionPool pool = made();
  pool.visit_params([&](const std::string&, Param& param) { param.start_training(*backend_); });
  const Tensor x = input({2, kPositions, kPoolWidth}, 1), dy = input({2, kPoolEmbed}, 2), dx = sums(x.shape());
  const auto loss = [&] {
    pool.prepare(*backend_);
    return testing::weighted_sum(run(pool, x), dy);
  };
  const double inference = loss();
  const Tensor y = sums({2, kPoolEmbed});
  AttentionPool::Saved saved;
  pool.forward_training(context_, x, y, saved);
  EXPECT_EQ(testing::weighted_sum(y, dy), inference) << "training and inference are one forward pass";
  pool.backward(context_, saved, dy, dx);
  testing::expect_central_differences(x, dx, loss, "x", 60);
  pool.visit_params([&](const std::string& name, Param& param) {
    testing::expect_central_differences(param.value, param.grad, loss, name, 20);
  });
}

}  // namespace
}  // namespace clipkit
