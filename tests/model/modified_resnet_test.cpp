#include "model/modified_resnet.h"

#include "nn/nn_testing.h"
#include "support/gradients.h"

namespace clipkit {
namespace {

using testing::expect_central_differences;
using testing::random_tensor;
using testing::weighted_sum;

class ModifiedResNetTest : public testing::NnTest {
 protected:
  // Every kind of block: with a stride, with another number of channels, with neither.
  static ResNetConfig config() {
    ResNetConfig tiny;
    tiny.image_size = 64;
    tiny.stem_width = 4;
    tiny.blocks = {2, 1, 1, 1};
    tiny.heads = 2;
    return tiny;
  }
  static constexpr int kEmbed = 6;
  static constexpr int64_t kBatch = 2;

  // Of ten thousand pixels before a ReLU, some would pass 0 within any step of a difference quotient. The norms' biases
  // keep all far from it: on its right, but for every third channel inside a block, which is cut.
  ModifiedResNetTest() {
    testing::ParamFiller filler(3);
    tower_.visit_params(filler.visitor());
    tower_.visit_params([](const std::string& name, Param& param) {
      const bool norm = name.find("bn") != std::string::npos || name.find("downsample.1") != std::string::npos;
      if (!norm || !name.ends_with("bias")) return;
      const bool inside = name.find("bn1") != std::string::npos || name.find("bn2") != std::string::npos;
      for (int64_t c = 0; c < param.shape[0]; ++c) param.value.data<float>()[c] += inside && c % 3 == 2 ? -6.0f : 6.0f;
    });
  }
  void start_training(const std::function<bool(const Param&)>& frozen) {
    tower_.visit_params([&](const std::string&, Param& param) { param.start_training(*backend_, frozen(param)); });
    tower_.prepare(*backend_);
  }

  ModifiedResNet tower_{config(), kEmbed};
  Tensor pixels_ = random_tensor({kBatch, 3, 64, 64}, 1), dy_ = input({kBatch, kEmbed}, 2), y_ = sums({kBatch, kEmbed});
};

TEST_F(ModifiedResNetTest, BackwardMatchesCentralDifferences) {
  start_training([](const Param&) { return false; });
  const auto loss = [&] {
    const Workspace::Scope scope(workspace_);
    tower_.prepare(*backend_);
    tower_.forward_training(context_, pixels_, y_, {});
    return weighted_sum(y_, dy_);
  };
  {
    const Workspace::Scope scope(workspace_);
    const auto saved = tower_.forward_training(context_, pixels_, y_, {});
    tower_.backward(context_, *saved, dy_);
  }
  // Each norm takes the mean away that the biases above put in, and with it digits of double: the loss is rounded a
  // thousand times coarser than the last operation alone would. A longer step makes up for it.
  constexpr testing::Step step{1e-4, 1e-6};
  tower_.visit_params([&](const std::string& name, Param& param) {
    if (!param.buffer) expect_central_differences(param.value, param.grad, loss, name, 4, step);
  });
}

// What a tower that stands still in part is trained like: gradients where they are wanted, averages where they are not
// frozen, and the rest untouched.
TEST_F(ModifiedResNetTest, LeavesWhatIsFrozenAlone) {
  std::vector<Tensor> before;
  tower_.visit_params([&](const std::string&, Param& param) { before.push_back(testing::to_double(param.value)); });
  start_training([](const Param& param) { return param.buffer || param.shape.rank() == 1; });
  const Workspace::Scope scope(workspace_);
  const auto saved = tower_.forward_training(context_, pixels_, y_, {});
  tower_.backward(context_, *saved, dy_);
  size_t i = 0;
  tower_.visit_params([&](const std::string& name, Param& param) {
    EXPECT_TRUE(testing::same_bits(param.value, before[i++])) << name;
    EXPECT_EQ(static_cast<bool>(param.grad), param.shape.rank() > 1) << name;
  });
}

// With the averages for moments, training's forward pass is inference's.
TEST_F(ModifiedResNetTest, WithFrozenAveragesTrainsWhatItInfers) {
  start_training([](const Param& param) { return param.buffer; });
  const Workspace::Scope scope(workspace_);
  tower_.forward_training(context_, pixels_, y_, {});
  const Tensor inferred = sums({kBatch, kEmbed});
  tower_.forward(context_, pixels_, Output::kFeatures, inferred);
  for (int64_t i = 0; i < y_.num_elements(); ++i) {
    EXPECT_NEAR(y_.data<double>()[i], inferred.data<double>()[i], 1e-11 * std::abs(y_.data<double>()[i]));
  }
}

}  // namespace
}  // namespace clipkit
