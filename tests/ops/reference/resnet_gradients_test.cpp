#include "base/concat.h"
#include "support/gradients.h"

// What a ResNet is trained with: the reference's backward passes in float64 against central differences.

namespace clipkit {
namespace {

using testing::expect_central_differences;
using testing::weighted_sum;
using ReferenceResNetGradient = testing::GradientTest;

TEST_F(ReferenceResNetGradient, OfConvolutionMatchesCentralDifferences) {
  struct Case {
    int64_t height, width;
    int kernel, stride, padding;
  };
  for (const Case& c : {Case{5, 4, 3, 1, 1}, {6, 5, 3, 2, 1}, {3, 4, 1, 1, 0}, {5, 7, 2, 2, 0}, {1, 2, 3, 1, 1}}) {
    const Tensor x = input({2, c.height, c.width, 3}, 1), weight = input({4, 3, c.kernel, c.kernel}, 2);
    const auto packed = [&] {
      return ops::pack_convolution(*b_, {.weight = weight, .stride = c.stride, .padding = c.padding});
    };
    const Shape result = {2, packed()->out_size(c.height), packed()->out_size(c.width), 4};
    const Tensor dy = input(result, 3), y = zeros(result), dx = poisoned(x.shape()), dweight = zeros(weight.shape());
    ops::convolution_input_gradient(*b_, *packed(), {.dy = dy, .dx = dx});
    ops::convolution_weight_gradient(*b_,
                                     {.x = x, .dy = dy, .dweight = dweight, .stride = c.stride, .padding = c.padding});
    const auto loss = [&] {
      ops::convolution(*b_, *packed(), {.x = x, .y = y});
      return weighted_sum(y, dy);
    };
    const std::string what = concat("kernel ", c.kernel, ", stride ", c.stride);
    expect_central_differences(x, dx, loss, "x, " + what, 200);
    expect_central_differences(weight, dweight, loss, "weight, " + what, 200);
  }
}

class ReferenceBatchNorm : public testing::GradientTest {
 protected:
  static constexpr int64_t kRows = 9, kChannels = 4;
  // Forward in steps, as training takes them; the sums of all rows but `apart`, and of those, are made apart and added
  // up.
  void forward(bool relu, bool constant, int64_t apart = 0) {
    if (!constant) {
      const Tensor rest = zeros({2, kChannels});
      ops::batch_sums(*b_, {.x = x_.view().slice(apart, kRows), .sums = sums_});
      if (apart > 0) ops::batch_sums(*b_, {.x = x_.view().slice(0, apart), .sums = rest});
      for (int64_t i = 0; i < 2 * kChannels; ++i) sums_.data<double>()[i] += rest.data<double>()[i];
      const Tensor running_mean = zeros({kChannels}), running_var = zeros({kChannels});
      ops::batch_moments(*b_, {.sums = sums_,
                               .count = kRows,
                               .mean = mean_,
                               .var = var_,
                               .running_mean = running_mean,
                               .running_var = running_var});
    }
    ops::batch_norm(*b_, {.x = x_,
                          .mean = mean_,
                          .var = var_,
                          .eps = 1e-2,
                          .weight = weight_,
                          .bias = bias_,
                          .relu = relu,
                          .residual = residual_,
                          .y = y_});
  }

  Tensor x_ = input({kRows, kChannels}, 1), weight_ = input({kChannels}, 2), bias_ = input({kChannels}, 3),
         residual_ = input({kRows, kChannels}, 4), dy_ = input({kRows, kChannels}, 5);
  Tensor sums_ = zeros({2, kChannels}), mean_ = input({kChannels}, 6),
         var_ = testing::magnitudes(input({kChannels}, 7)), y_ = zeros({kRows, kChannels});
};

TEST_F(ReferenceBatchNorm, BackwardMatchesCentralDifferences) {
  for (const bool relu : {false, true}) {
    for (const bool constant : {false, true}) {
      forward(relu, constant);
      const Tensor dresidual = Tensor::copy_of(dy_), dx = poisoned(x_.shape()), dweight = zeros({kChannels}),
                   dbias = zeros({kChannels}), sums = poisoned({2, kChannels});
      ops::batch_norm_backward_sums(*b_, {.x = x_,
                                          .mean = mean_,
                                          .var = var_,
                                          .eps = 1e-2,
                                          .y = relu ? y_.view() : TensorView{},
                                          .dy = dresidual,
                                          .sums = sums,
                                          .dweight = dweight,
                                          .dbias = dbias});
      ops::batch_norm_backward(*b_, {.x = x_,
                                     .mean = mean_,
                                     .var = var_,
                                     .eps = 1e-2,
                                     .weight = weight_,
                                     .dy = dresidual,
                                     .sums = constant ? TensorView{} : sums.view(),
                                     .count = kRows,
                                     .dx = dx});
      const auto loss = [&] {
        forward(relu, constant);
        return weighted_sum(y_, dy_);
      };
      const std::string what = concat(relu ? ", ReLU" : "", constant ? ", constant moments" : "");
      expect_central_differences(x_, dx, loss, "x" + what);
      expect_central_differences(weight_, dweight, loss, "weight" + what);
      expect_central_differences(bias_, dbias, loss, "bias" + what);
      expect_central_differences(residual_, dresidual, loss, "residual" + what);
    }
  }
}

TEST_F(ReferenceBatchNorm, NormalisesOverTheRowsOfAllWhoseSumsAreAddedUp) {
  forward(true, false);
  const Tensor whole = Tensor::copy_of(y_);
  forward(true, false, 4);
  for (int64_t i = 0; i < kRows * kChannels; ++i) EXPECT_NEAR(y_.data<double>()[i], whole.data<double>()[i], 1e-14);
}

TEST_F(ReferenceBatchNorm, GivesEachChannelMeanBiasAndVarianceWeight) {
  residual_ = zeros({kRows, kChannels});
  for (double& value : x_.span<double>()) value += 1000;
  forward(false, false);
  for (int64_t c = 0; c < kChannels; ++c) {
    double mean = 0, square = 0;
    for (int64_t r = 0; r < kRows; ++r) mean += y_.row<double>(r)[static_cast<size_t>(c)] / kRows;
    for (int64_t r = 0; r < kRows; ++r) {
      const double centred = y_.row<double>(r)[static_cast<size_t>(c)] - mean;
      square += centred * centred / kRows;
    }
    // Sums of squares about 1e6 lose 6 of double's 16 digits of the variance.
    EXPECT_NEAR(mean, bias_.data<double>()[c], 1e-9);
    const double var = var_.data<double>()[c], weight = weight_.data<double>()[c];
    EXPECT_NEAR(square, weight * weight * var / (var + 1e-2), 1e-8);
  }
}

TEST_F(ReferenceBatchNorm, AveragesWithTheUnbiasedVariance) {
  // Two channels of 1, 3 and 5, 5: means 2 and 5, variances 1 and 0, unbiased 2 and 0.
  const Tensor x = testing::to_double(testing::make_tensor({2, 2}, {1, 5, 3, 5})), sums = poisoned({2, 2}),
               mean = poisoned({2}), var = poisoned({2}),
               running_mean = testing::to_double(testing::make_tensor({2}, {10, 0})),
               running_var = testing::to_double(testing::make_tensor({2}, {1, 1}));
  ops::batch_sums(*b_, {.x = x, .sums = sums});
  ops::batch_moments(*b_, {.sums = sums,
                           .count = 2,
                           .momentum = 0.25,
                           .mean = mean,
                           .var = var,
                           .running_mean = running_mean,
                           .running_var = running_var});
  const auto values = [](const Tensor& t) { return std::vector<double>{t.data<double>()[0], t.data<double>()[1]}; };
  EXPECT_EQ(values(mean), (std::vector<double>{2, 5}));
  EXPECT_EQ(values(var), (std::vector<double>{1, 0}));
  EXPECT_EQ(values(running_mean), (std::vector<double>{8, 1.25}));
  EXPECT_EQ(values(running_var), (std::vector<double>{1.25, 0.75}));
}

TEST_F(ReferenceResNetGradient, OfPoolingMatchesCentralDifferences) {
  const Tensor x = input({2, 5, 4, 3}, 1), dy = input({2, 2, 2, 3}, 2), y = zeros({2, 2, 2, 3}),
               dx = poisoned(x.shape());
  ops::average_pool_backward(*b_, {.dy = dy, .dx = dx});
  expect_central_differences(
      x, dx,
      [&] {
        ops::average_pool(*b_, {.x = x, .y = y});
        return weighted_sum(y, dy);
      },
      "x", 200);

  const Tensor map = input({2, 4, 3}, 3), positions = input({5, 3}, 4), dtokens = input({10, 3}, 5),
               tokens = zeros({10, 3}), dmap = poisoned({2, 4, 3}), dpositions = zeros({5, 3});
  ops::mean_token_backward(*b_, {.dy = dtokens, .dx = dmap, .dpositions = dpositions});
  const auto loss = [&] {
    ops::mean_token(*b_, {.x = map, .positions = positions, .y = tokens});
    return weighted_sum(tokens, dtokens);
  };
  expect_central_differences(map, dmap, loss, "map");
  expect_central_differences(positions, dpositions, loss, "positions");
}

TEST_F(ReferenceResNetGradient, OfPooledAttentionMatchesCentralDifferences) {
  const int64_t rows = 9, width = 6;
  const std::vector<int64_t> starts = {0, 4, 8};  // the last row is padding
  const Tensor q = input({2, width}, 1), x = input({rows, width}, 2), dout = input({2, width}, 3),
               k_weight = input({width, width}, 4), v_weight = input({width, width}, 5), k_bias = input({width}, 6),
               v_bias = input({width}, 7);
  const auto packed = [&] {
    return ops::pack_pooled_attention(
        *b_, {.k_weight = k_weight, .v_weight = v_weight, .k_bias = k_bias, .v_bias = v_bias, .heads = 2});
  };
  const Tensor out = zeros({2, width}), dq = poisoned({2, width}), dx = poisoned({rows, width}),
               dk_weight = zeros({width, width}), dv_weight = zeros({width, width}), dv_bias = zeros({width}),
               no_gradient = zeros({width});
  ops::pooled_attention_backward(*b_, *packed(),
                                 {.q = q,
                                  .x = x,
                                  .dout = dout,
                                  .dq = dq,
                                  .dx = dx,
                                  .dk_weight = dk_weight,
                                  .dv_weight = dv_weight,
                                  .dv_bias = dv_bias,
                                  .starts = starts});
  const auto loss = [&] {
    ops::pooled_attention(*b_, *packed(), {.q = q, .x = x, .out = out, .starts = starts});
    return weighted_sum(out, dout);
  };
  expect_central_differences(q, dq, loss, "q", 100);
  expect_central_differences(x, dx, loss, "x", 100);
  expect_central_differences(k_weight, dk_weight, loss, "k_weight", 100);
  expect_central_differences(v_weight, dv_weight, loss, "v_weight", 100);
  expect_central_differences(k_bias, no_gradient, loss, "k_bias", 100);
  expect_central_differences(v_bias, dv_bias, loss, "v_bias", 100);
}

}  // namespace
}  // namespace clipkit
