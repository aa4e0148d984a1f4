#include <numeric>

#include "nn/nn_testing.h"
#include "nn/transformer.h"
#include "support/gradients.h"

namespace clipkit {
namespace {

using testing::expect_central_differences;
using testing::weighted_sum;

constexpr int64_t kBlockWidth = 12, kBlockHidden = 20;
constexpr int kBlockHeads = 2;

class NnTransformerGradient : public testing::NnTest {
 protected:
  // Backward of a transformer on 3 sequences in 12 rows, against central differences of what it computes, for its input
  // and every parameter.
  void check(int layers, bool causal, bool selected, Activation activation) {
    Transformer transformer(kBlockWidth, layers, kBlockHeads, kBlockHidden, activation, 1e-5);
    testing::ParamFiller filler(3);
    transformer.visit_params(filler.visitor());
    transformer.visit_params([&](const std::string&, Param& param) { param.start_training(*backend_); });

    const std::vector<int64_t> starts = {0, 4, 5, 10}, last = {3, 4, 9}, one_each = {0, 1, 2, 3};  // 2 rows of padding
    const Sequences sequences{starts, causal};
    const RowSelection selection = selected ? RowSelection{last, one_each} : RowSelection{};
    const Shape result = {selected ? 3 : 12, kBlockWidth};
    const Tensor x = input({12, kBlockWidth}, 1), dy = input(result, 2), y = sums(result), dx = sums({12, kBlockWidth});
    if (!selected) std::fill_n(dy.data<double>() + 10 * kBlockWidth, 2 * kBlockWidth, 0.0);
    const auto loss = [&] {
      transformer.prepare(*backend_);
      const Tensor work = Tensor::copy_of(x);
      transformer.forward(context_, sequences, work, selection, y);
      return weighted_sum(selected ? y.view() : work.view(), dy);
    };

    const double inference = loss();
    {
      const Workspace::Scope scope(workspace_);
      Transformer::Saved saved;
      transformer.forward(context_, sequences, x, selection, y, &saved);
      EXPECT_EQ(weighted_sum(y, dy), inference) << "training and inference are one forward pass";
      transformer.backward(context_, sequences, selection, saved, dy, dx);
    }
    expect_central_differences(x, dx, loss, "x");
    transformer.visit_params([&](const std::string& name, Param& param) {
      expect_central_differences(param.value, param.grad, loss, name, 12);
    });
  }
};

TEST_F(NnTransformerGradient, OfAllRowsMatchesCentralDifferences) {
  check(1, false, false, Activation::kQuickGelu);
  check(2, true, false, Activation::kGelu);
}

TEST_F(NnTransformerGradient, OfTheRowsThatAreReadMatchesCentralDifferences) {
  check(1, true, true, Activation::kQuickGelu);
  check(2, false, true, Activation::kGeluTanh);
  check(3, true, true, Activation::kQuickGelu);
}

TEST_F(NnTransformerGradient, CheckpointingChangesNoBit) {
  const std::vector<int64_t> starts = {0, 4, 5, 10}, last = {3, 4, 9}, one_each = {0, 1, 2, 3};
  const Tensor x = input({12, kBlockWidth}, 1), dy = input({3, kBlockWidth}, 2);
  const auto gradients = [&](bool checkpointing) {
    const Context c{.backend = *backend_, .workspace = workspace_, .checkpointing = checkpointing};
    Transformer transformer(kBlockWidth, 3, kBlockHeads, kBlockHidden, Activation::kQuickGelu, 1e-5);
    testing::ParamFiller filler(3);
    transformer.visit_params(filler.visitor());
    transformer.visit_params([&](const std::string&, Param& param) { param.start_training(*backend_); });
    transformer.prepare(*backend_);
    const Tensor work = Tensor::copy_of(x), y = sums({3, kBlockWidth}), dx = sums({12, kBlockWidth});
    const Workspace::Scope scope(workspace_);
    Transformer::Saved saved;
    transformer.forward(c, {starts, true}, work, {last, one_each}, y, &saved);
    transformer.backward(c, {starts, true}, {last, one_each}, saved, dy, dx);
    std::vector<Tensor> all;
    all.push_back(Tensor::copy_of(y));
    all.push_back(Tensor::copy_of(dx));
    transformer.visit_params([&](const std::string&, Param& param) { all.push_back(Tensor::copy_of(param.grad)); });
    return all;
  };
  const std::vector<Tensor> kept = gradients(false), again = gradients(true);
  ASSERT_EQ(kept.size(), again.size());
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(testing::same_bits(kept[i], again[i])) << i;
}

TEST_F(NnTransformerGradient, AFrozenParameterGetsNone) {
  Transformer transformer(kBlockWidth, 2, kBlockHeads, kBlockHidden, Activation::kQuickGelu, 1e-5);
  testing::ParamFiller filler(3);
  transformer.visit_params(filler.visitor());
  transformer.visit_params([&](const std::string& name, Param& param) {
    param.start_training(*backend_, /*frozen=*/name.starts_with("resblocks.0."));
  });
  transformer.prepare(*backend_);
  const std::vector<int64_t> starts = {0, 5};
  const Tensor x = input({5, kBlockWidth}, 1), dy = input({5, kBlockWidth}, 2), y = sums({5, kBlockWidth}),
               dx = sums({5, kBlockWidth});
  const Workspace::Scope scope(workspace_);
  Transformer::Saved saved;
  transformer.forward(context_, {starts}, x, {}, y, &saved);
  transformer.backward(context_, {starts}, {}, saved, dy, dx);
  transformer.visit_params([&](const std::string& name, Param& param) {
    EXPECT_EQ(static_cast<bool>(param.grad), !name.starts_with("resblocks.0.")) << name;
    EXPECT_TRUE(param.value) << name;
  });
}

}  // namespace
}  // namespace clipkit
