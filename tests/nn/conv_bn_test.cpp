#include "nn/conv_bn.h"

#include "nn/nn_testing.h"
#include "support/gradients.h"

namespace clipkit {
namespace {

using testing::expect_near;
using testing::random_tensor;
using testing::to_double;
using NnConvBn = testing::NnTest;

TEST_F(NnConvBn, NamesConvolutionAndNormAsCheckpointsDo) {
  testing::ParamFiller filler(1);
  ConvBn layer(3, 8, 3);
  layer.visit_params("conv1.", "bn1.", filler.visitor());
  EXPECT_EQ(filler.names, (std::vector<std::string>{"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean",
                                                    "bn1.running_var"}));
  EXPECT_TRUE(layer.running_mean.buffer && layer.running_var.buffer);
  EXPECT_FALSE(layer.weight.buffer || layer.gamma.buffer || layer.beta.buffer);
  EXPECT_EQ(layer.out_channels(), 8);
}

// Folding against the formula: (conv(x) - running_mean) / sqrt(running_var + eps) * gamma + beta.
TEST_F(NnConvBn, FoldedIsTheConvolutionAndThenTheNorm) {
  struct Case {
    int in, out, kernel, stride;
  };
  for (const Case& c : {Case{3, 8, 3, 2}, {4, 5, 3, 1}, {6, 4, 1, 1}}) {
    ConvBn layer(c.in, c.out, c.kernel, c.stride);
    testing::ParamFiller filler(7);
    layer.visit_params("conv.", "bn.", filler.visitor());
    const Tensor weight = to_double(layer.weight.value), gamma = to_double(layer.gamma.value),
                 beta = to_double(layer.beta.value), mean = to_double(layer.running_mean.value),
                 var = to_double(layer.running_var.value);
    const Tensor x = input({2, 7, 6, c.in}, 3);

    const Tensor zero = sums({c.out});
    const auto plain =
        ops::pack_convolution(*backend_, {.weight = weight, .bias = zero, .stride = c.stride, .padding = c.kernel / 2});
    const Shape shape = {2, plain->out_size(7), plain->out_size(6), c.out};
    const Tensor expected = sums(shape), residual = input(shape, 4);
    ops::convolution(*backend_, *plain, {.x = x, .y = expected});
    for (int64_t i = 0; i < expected.num_elements(); ++i) {
      double& value = expected.data<double>()[i];
      const int64_t o = i % c.out;
      value =
          (value - mean.data<double>()[o]) / std::sqrt(var.data<double>()[o] + layer.eps) * gamma.data<double>()[o] +
          beta.data<double>()[o];
    }

    layer.prepare(*backend_);
    EXPECT_FALSE(layer.weight.value || layer.running_var.value);
    EXPECT_EQ(layer.out_size(7), shape[1]);
    const Tensor y = sums(shape);
    layer.forward(*backend_, x, y, false);
    expect_near(y, expected, 1e-13, "folded");
    layer.forward(*backend_, x, y, true, residual);
    for (int64_t i = 0; i < expected.num_elements(); ++i) {
      double& value = expected.data<double>()[i];
      value = std::max(value + residual.data<double>()[i], 0.0);
    }
    expect_near(y, expected, 1e-13, "with residual and ReLU");
  }
}

struct TrainingCase {
  int in, out, kernel, stride;
  bool relu, residual, frozen;
};

// With the running averages as moments, training's steps are inference's folded convolution.
TEST_F(NnConvBn, InTrainingWithFrozenAveragesIsTheFoldedConvolution) {
  ConvBn layer(4, 5, 3);
  testing::ParamFiller filler(7);
  layer.visit_params("conv.", "bn.", filler.visitor());
  layer.visit_params("conv.", "bn.", [&](const std::string&, Param& param) {
    param.start_training(*backend_, /*freeze=*/param.buffer);
  });
  layer.prepare(*backend_);
  const Tensor x = input({2, 7, 6, 4}, 3), folded = sums({2, 7, 6, 5}), y = sums({2, 7, 6, 5}),
               before = Tensor::copy_of(layer.running_var.value);
  ConvBn::Saved saved;
  layer.forward_training(context_, x, y, true, {}, saved);
  layer.forward(*backend_, x, folded, true);
  expect_near(y, folded, 1e-13, "y");
  expect_near(layer.running_var.value, before, 0, "running_var");
}

// Running averages that move change what inference folds, without another prepare().
TEST_F(NnConvBn, FoldsTheAveragesThatTrainingHasMoved) {
  ConvBn layer(1, 1, 1);
  for (Param* param : {&layer.weight, &layer.gamma, &layer.running_var}) {
    param->value = testing::make_tensor(param->shape, {1});
  }
  for (Param* param : {&layer.beta, &layer.running_mean}) param->value = testing::make_tensor(param->shape, {0});
  layer.eps = 0;
  layer.momentum = 1;
  layer.visit_params("", "", [&](const std::string&, Param& param) { param.start_training(*backend_); });
  layer.prepare(*backend_);
  const Tensor x = to_double(testing::make_tensor({1, 1, 2, 1}, {1, 5})), y = sums({1, 1, 2, 1});
  layer.forward(*backend_, x, y, false);
  EXPECT_EQ(y.data<double>()[1], 5);
  ConvBn::Saved saved;
  layer.forward_training(context_, x, y, false, {}, saved);
  EXPECT_EQ(y.data<double>()[0], -1);
  EXPECT_EQ(y.data<double>()[1], 1);
  layer.forward(*backend_, x, y, false);  // mean 3, unbiased variance 8
  EXPECT_NEAR(y.data<double>()[1], 2 / std::sqrt(8.0), 1e-15);
}

TEST_F(NnConvBn, BackwardMatchesCentralDifferences) {
  for (const TrainingCase& t : {TrainingCase{3, 4, 3, 2, true, false, false},
                                {4, 5, 3, 1, true, true, false},
                                {6, 4, 1, 1, false, false, false},
                                {4, 5, 3, 1, true, true, true}}) {
    ConvBn layer(t.in, t.out, t.kernel, t.stride);
    testing::ParamFiller filler(5);
    layer.visit_params("conv.", "bn.", filler.visitor());
    layer.visit_params("conv.", "bn.", [&](const std::string&, Param& param) {
      param.start_training(*backend_, t.frozen && param.buffer);
    });
    const Tensor x = input({2, 5, 4, t.in}, 1);
    const Shape shape = {2, layer.out_size(5), layer.out_size(4), t.out};
    const Tensor residual = input(shape, 2), dy = input(shape, 3), y = sums(shape), dx = sums(x.shape());
    const auto forward = [&](ConvBn::Saved& saved) {
      layer.prepare(*backend_);
      layer.forward_training(context_, x, y, t.relu, t.residual ? residual.view() : TensorView{}, saved);
    };
    const auto loss = [&] {
      const Workspace::Scope scope(workspace_);
      ConvBn::Saved saved;
      forward(saved);
      return testing::weighted_sum(y, dy);
    };
    const Tensor dresidual = Tensor::copy_of(dy);
    {
      const Workspace::Scope scope(workspace_);
      ConvBn::Saved saved;
      forward(saved);
      layer.backward(context_, saved, dresidual, dx);
    }
    testing::expect_central_differences(x, dx, loss, "x");
    if (t.residual) testing::expect_central_differences(residual, dresidual, loss, "residual");
    layer.visit_params("conv.", "bn.", [&](const std::string& name, Param& param) {
      if (param.buffer) return;
      testing::expect_central_differences(param.value, param.grad, loss, name);
    });
  }
}

TEST_F(NnConvBn, FoldsVeryDifferentChannels) {
  ConvBn layer(1, 3, 1);
  layer.weight.value = testing::make_tensor({3, 1, 1, 1}, {1, 1000, 1});
  layer.gamma.value = testing::make_tensor({3}, {1, 1e-3f, 0});
  layer.beta.value = testing::make_tensor({3}, {0, 0, 5});
  layer.running_mean.value = testing::make_tensor({3}, {0, 1e6f, 3});
  layer.running_var.value = testing::make_tensor({3}, {0, 1e8f, 1});
  layer.prepare(*backend_);
  const Tensor x = to_double(testing::make_tensor({1, 1, 1, 1}, {2})), y = sums({1, 1, 1, 3});
  layer.forward(*backend_, x, y, false);
  EXPECT_NEAR(y.data<double>()[0], 2 / std::sqrt(1e-5), 1e-9);
  const double gain = double{1e-3f} / std::sqrt(1e8 + 1e-5);
  EXPECT_NEAR(y.data<double>()[1], (2000 - 1e6) * gain, 1e-12);
  EXPECT_EQ(y.data<double>()[2], 5);
}

}  // namespace
}  // namespace clipkit
