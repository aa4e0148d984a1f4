#include "nn/transformer.h"

#include <numeric>

#include "nn/nn_testing.h"

namespace clipkit {
namespace {

using testing::expect_near;
using testing::random_tensor;
using testing::same_bits;
using testing::to_double;

constexpr int64_t kWidth = 24, kHidden = 96;
constexpr int kHeads = 3, kLayers = 3;
// Every element is the result of the same operations in the same order, so equality is exact.
constexpr double kExact = 0;

class NnTransformer : public testing::NnTest {
 protected:
  Transformer prepared(int layers = kLayers) {
    Transformer transformer(kWidth, layers, kHeads, kHidden, Activation::kQuickGelu, 1e-5);
    testing::ParamFiller filler(11);
    transformer.visit_params(filler.visitor());
    transformer.prepare(*backend_);
    return transformer;
  }

  // Rows after all blocks; x itself stays as it is.
  Tensor run(const Transformer& transformer, const TensorView& x, const std::vector<int64_t>& starts, bool causal,
             const std::vector<int64_t>& rows = {}) {
    const Tensor work = Tensor::copy_of(x);
    std::vector<int64_t> ordinals(rows.size() + 1);
    std::iota(ordinals.begin(), ordinals.end(), 0);
    RowSelection selection;
    if (!rows.empty()) selection = {rows, ordinals};
    Tensor y = sums({static_cast<int64_t>(rows.size()), kWidth});
    transformer.forward(context_, {.starts = starts, .causal = causal}, work, selection, y);
    return rows.empty() ? Tensor::copy_of(work) : std::move(y);
  }
};

TEST_F(NnTransformer, NamesItsParametersAsOpenAiDoes) {
  Transformer transformer(kWidth, 2, kHeads, kHidden, Activation::kQuickGelu, 1e-5);
  testing::ParamFiller filler(1);
  transformer.visit_params(filler.visitor());
  ASSERT_EQ(filler.names.size(), 24u);
  EXPECT_EQ(std::vector<std::string>(filler.names.begin(), filler.names.begin() + 12),
            (std::vector<std::string>{
                "resblocks.0.ln_1.weight", "resblocks.0.ln_1.bias", "resblocks.0.attn.in_proj_weight",
                "resblocks.0.attn.in_proj_bias", "resblocks.0.attn.out_proj.weight", "resblocks.0.attn.out_proj.bias",
                "resblocks.0.ln_2.weight", "resblocks.0.ln_2.bias", "resblocks.0.mlp.c_fc.weight",
                "resblocks.0.mlp.c_fc.bias", "resblocks.0.mlp.c_proj.weight", "resblocks.0.mlp.c_proj.bias"}));
  EXPECT_EQ(filler.names[12], "resblocks.1.ln_1.weight");
}

// x = x + attention(ln_1(x)); x = x + mlp(ln_2(x)), written out with the operations alone.
TEST_F(NnTransformer, IsThePreNormBlock) {
  Transformer transformer(kWidth, 1, kHeads, kHidden, Activation::kQuickGelu, 1e-5);
  testing::ParamFiller filler(5);
  transformer.visit_params(filler.visitor());
  const ResidualAttentionBlock& block = transformer.resblocks[0];
  const auto apply = [&](const TensorView& weight, const TensorView& bias, const TensorView& x,
                         std::optional<Activation> activation = {}) {
    Tensor y = sums({x.shape()[0], weight.shape()[0]});
    ops::linear(*backend_, *ops::pack_linear(*backend_, {.weight = weight, .bias = bias}),
                {.x = x, .y = y, .activation = activation});
    return y;
  };
  const auto normalise = [&](const LayerNorm& norm, const TensorView& x) {
    Tensor y = sums(x.shape());
    ops::layer_norm(*backend_,
                    {.x = x, .weight = to_double(norm.weight.value), .bias = to_double(norm.bias.value), .y = y});
    return y;
  };
  const auto add = [](const Tensor& to, const Tensor& from) {
    for (int64_t i = 0; i < to.num_elements(); ++i) to.data<double>()[i] += from.data<double>()[i];
  };

  const std::vector<int64_t> starts = {0, 4, 9};
  const Tensor x = input({9, kWidth}, 2), expected = Tensor::copy_of(x);
  const Tensor qkv = apply(block.attn.in_proj_weight.value, block.attn.in_proj_bias.value, normalise(block.ln_1, x));
  const Tensor q = sums({9, kWidth}), kv = sums({9, 2 * kWidth}), out = sums({9, kWidth});
  for (int64_t r = 0; r < 9; ++r) {
    std::copy_n(qkv.row<double>(r).data(), kWidth, q.row<double>(r).data());
    std::copy_n(qkv.row<double>(r).data() + kWidth, 2 * kWidth, kv.row<double>(r).data());
  }
  ops::attention(*backend_, {.q = q, .kv = kv, .out = out, .heads = kHeads, .starts = starts, .q_starts = starts});
  add(expected, apply(block.attn.out_proj.weight.value, block.attn.out_proj.bias.value, out));
  const Tensor hidden = apply(block.mlp.c_fc.weight.value, block.mlp.c_fc.bias.value, normalise(block.ln_2, expected),
                              Activation::kQuickGelu);
  add(expected, apply(block.mlp.c_proj.weight.value, block.mlp.c_proj.bias.value, hidden));

  transformer.prepare(*backend_);
  expect_near(run(transformer, x, starts, false), expected, 1e-13, "one block");
}

TEST_F(NnTransformer, SelectedRowsAreThoseOfTheFullRun) {
  const Transformer transformer = prepared();
  const std::vector<int64_t> starts = {0, 5, 6, 18};
  const Tensor x = input({18, kWidth}, 1);
  // A causal query stands at the end of its keys, so only last rows may be selected; otherwise any row may.
  for (const bool causal : {false, true}) {
    const std::vector<int64_t> rows = causal ? std::vector<int64_t>{4, 5, 17} : std::vector<int64_t>{0, 5, 9};
    const Tensor all = run(transformer, x, starts, causal), selected = run(transformer, x, starts, causal, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      expect_near(selected.view().slice(at, at + 1), all.view().slice(rows[i], rows[i] + 1), kExact, "selected row");
    }
  }
}

TEST_F(NnTransformer, PackedSequencesEqualSingleRuns) {
  const Transformer transformer = prepared();
  const std::vector<int64_t> starts = {0, 1, 8, 20, 22};
  const Tensor x = input({22, kWidth}, 1);
  for (const bool causal : {false, true}) {
    const Tensor packed = run(transformer, x, starts, causal);
    for (size_t n = 0; n + 1 < starts.size(); ++n) {
      const std::vector<int64_t> alone = {0, starts[n + 1] - starts[n]};
      expect_near(packed.view().slice(starts[n], starts[n + 1]),
                  run(transformer, x.view().slice(starts[n], starts[n + 1]), alone, causal), kExact, "sequence");
    }
  }
}

TEST_F(NnTransformer, PaddingRowsDisturbNothing) {
  const Transformer transformer = prepared();
  const std::vector<int64_t> starts = {0, 3, 7}, last = {2, 6};
  const Tensor x = input({10, kWidth}, 1);  // rows 7 to 9 are padding
  const Tensor exact = run(transformer, x.view().slice(0, 7), starts, true), padded = run(transformer, x, starts, true);
  expect_near(padded.view().slice(0, 7), exact, kExact, "padded");
  expect_near(run(transformer, x, starts, true, last), run(transformer, x.view().slice(0, 7), starts, true, last),
              kExact, "padded, selected");
}

TEST_F(NnTransformer, CausalRowsDependOnNothingAfterThem) {
  const Transformer transformer = prepared();
  constexpr int64_t kLength = 11;
  const Tensor x = input({kLength, kWidth}, 1);
  const Tensor whole = run(transformer, x, {0, kLength}, true);
  for (int64_t length = 1; length < kLength; ++length) {
    expect_near(run(transformer, x.view().slice(0, length), {0, length}, true), whole.view().slice(0, length), kExact,
                "prefix");
  }
  // And they do depend on what is before.
  const Tensor changed = Tensor::copy_of(x);
  changed.row<double>(3)[0] += 1;
  const Tensor other = run(transformer, changed, {0, kLength}, true);
  expect_near(other.view().slice(0, 3), whole.view().slice(0, 3), kExact, "before the change");
  for (int64_t r = 3; r < kLength; ++r) {
    EXPECT_FALSE(same_bits(other.view().slice(r, r + 1), whole.view().slice(r, r + 1))) << r;
  }
}

TEST_F(NnTransformer, SequencesOfABatchDoNotMix) {
  const Transformer transformer = prepared();
  const std::vector<int64_t> starts = {0, 4, 9};
  const Tensor x = input({9, kWidth}, 1), changed = Tensor::copy_of(x);
  changed.row<double>(1)[0] += 1;
  const Tensor a = run(transformer, x, starts, false), b = run(transformer, changed, starts, false);
  expect_near(b.view().slice(4, 9), a.view().slice(4, 9), kExact, "the other sequence");
  EXPECT_FALSE(same_bits(a.view().slice(0, 4), b.view().slice(0, 4)));
}

TEST_F(NnTransformer, GivesItsWorkspaceBack) {
  const Transformer transformer = prepared();
  const Tensor x = input({6, kWidth}, 1);
  const Workspace::Scope scope(workspace_);
  void* const before = workspace_.take({1}, DType::kFloat64).raw();
  run(transformer, x, {0, 6}, true, {5});
  EXPECT_EQ(static_cast<char*>(workspace_.take({1}, DType::kFloat64).raw()), static_cast<char*>(before) + 64);
}

}  // namespace
}  // namespace clipkit
