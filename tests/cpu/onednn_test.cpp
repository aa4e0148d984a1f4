#include "cpu/onednn.h"

#include "base/cpu_target.h"
#include "cpu/cpu_testing.h"

namespace clipkit {
namespace {

using testing::random_tensor;

class OneDnnPlans : public testing::CpuBackendTest {};
CLIPKIT_FOR_OPERAND_TYPES(OneDnnPlans);

TEST_P(OneDnnPlans, AreThoseOfTheCallsThatFollow) {
  constexpr int64_t kIn = 48, kOut = 32, kRows = 40;
  for (const bool transposed : {false, true}) {
    OneDnn onednn(operand());
    const Tensor weight = random_tensor(transposed ? Shape{kIn, kOut} : Shape{kOut, kIn}, 1);
    const LinearSpec spec = {.weight = weight, .transposed = transposed, .training = true};
    const Tensor x = operands({kRows, kIn}, 2), dy = operands({kRows, kOut}, 3);
    const Tensor y = Tensor::zeros({kRows, kOut}), dx = Tensor::zeros({kRows, kIn}),
                 dweight = Tensor::zeros(weight.shape());
    const LinearArgs forward = {.x = x, .y = y, .activation = Activation::kQuickGelu};
    const LinearInputGradientArgs input = {.dy = dy, .dx = dx, .residual = dx};
    const LinearWeightGradientArgs weights = {.x = x, .dy = dy, .dweight = dweight, .transposed = transposed};
    run_on_compute_thread([&] {
      onednn.prepare(spec, forward);
      onednn.prepare(spec, input);
      if (operand() == DType::kBFloat16) onednn.prepare(weights);
      const int64_t prepared = onednn.num_plans();
      EXPECT_EQ(prepared, operand() == DType::kBFloat16 ? 3 : 2);
      const auto packed = onednn.pack(spec);
      onednn.linear(*packed, forward);
      onednn.linear_input_gradient(*packed, input);
      if (operand() == DType::kBFloat16) onednn.linear_weight_gradient(weights);
      EXPECT_EQ(onednn.num_plans(), prepared);
    });
  }
}

}  // namespace
}  // namespace clipkit
