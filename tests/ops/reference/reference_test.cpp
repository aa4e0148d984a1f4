#include <array>
#include <cmath>

#include "ops/reference/attention.h"
#include "ops/reference/convolution.h"
#include "ops/reference/embedding.h"
#include "ops/reference/layer_norm.h"
#include "ops/reference/linear.h"
#include "ops/reference/pooling.h"
#include "ops/reference/similarity.h"
#include "support/tensors.h"

// What operations mean, against cases worked out by hand. All else is tested against these loops.

namespace clipkit {
namespace {

using testing::gamma;
using testing::random_tensor;
using testing::to_double;
using Numbers = std::vector<double>;

// Elements that are exact in binary are expected exactly, others to the last bits of a double.
void expect_numbers(const Numbers& found, const Numbers& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 8 * 0x1p-53 * (1 + std::abs(expected[i]))) << i;
  }
}

TEST(ReferenceLinear, MultipliesAddsAndActivates) {
  const Numbers x = {1, 2, 3, -1, 0, 1}, weight = {1, 0, 0, 0, 1, 0, 1, 1, 1, 2, -1, 0}, bias = {10, 20, 30, 40};
  Numbers y(8);
  reference::linear<double>(x.data(), weight.data(), bias.data(), {}, nullptr, 2, 3, 4, y.data());
  expect_numbers(y, {11, 22, 36, 40, 9, 20, 30, 38});
  reference::linear<double>(x.data(), weight.data(), nullptr, {}, bias.data(), 1, 3, 4, y.data());
  expect_numbers({y.begin(), y.begin() + 4}, {11, 22, 36, 40});
  // Activation before the residual: 3 * sigmoid(1.702 * 3) + 100.
  const Numbers one = {1}, three = {3}, hundred = {100};
  reference::linear<double>(one.data(), three.data(), nullptr, Activation::kQuickGelu, hundred.data(), 1, 1, 1,
                            y.data());
  EXPECT_NEAR(y[0], 100 + 3 / (1 + std::exp(-5.106)), 1e-13);
}

TEST(ReferenceLinear, KnowsTheThreeActivations) {
  // x * sigmoid(1.702 x); x * normal distribution function; the tanh formula of Hendrycks & Gimpel 2016.
  EXPECT_DOUBLE_EQ(reference::activate(Activation::kQuickGelu, 1.0), 1 / (1 + std::exp(-1.702)));
  EXPECT_NEAR(reference::activate(Activation::kQuickGelu, 1.0), 0.8457957659328212, 1e-15);
  EXPECT_NEAR(reference::activate(Activation::kGelu, 1.0), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(reference::activate(Activation::kGelu, -2.0), -0.04550026389635842, 1e-15);
  EXPECT_NEAR(reference::activate(Activation::kGeluTanh, 1.0), 0.8411919906082768, 1e-15);
  for (const auto activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    EXPECT_EQ(reference::activate(activation, 0.0), 0);
    EXPECT_NEAR(reference::activate(activation, 40.0), 40, 1e-12);
    EXPECT_NEAR(reference::activate(activation, -40.0), 0, 1e-12);
    EXPECT_EQ(reference::activate(activation, -1000.0f), 0);  // and no NaN where exp overflows
  }
}

TEST(ReferenceLayerNorm, CentresScalesAndShifts) {
  const Numbers x = {1, 2, 3, 4, 5, 5, 5, 5}, weight = {1, 2, 1, 1}, bias = {0, 0, 0, 10};
  Numbers y(8);
  reference::layer_norm<double>(x.data(), weight.data(), bias.data(), 0.75, 2, 4, y.data());
  // Mean 2.5, variance 1.25 (divided by 4), plus 0.75: root of 2.
  const double r = std::sqrt(0.5);
  expect_numbers(y, {-1.5 * r, -1.0 * r, 0.5 * r, 10 + 1.5 * r, 0, 0, 0, 10});
}

TEST(ReferenceLayerNorm, FloatAgreesWithDouble) {
  constexpr int64_t kWidth = 768;
  const Tensor x = random_tensor({3, kWidth}, 1), weight = random_tensor({kWidth}, 2),
               bias = random_tensor({kWidth}, 3);
  std::vector<float> single(3 * kWidth);
  Numbers exact(3 * kWidth);
  reference::layer_norm<float>(x.data<float>(), weight.data<float>(), bias.data<float>(), 1e-5f, 3, kWidth,
                               single.data());
  reference::layer_norm<double>(to_double(x).data<double>(), to_double(weight).data<double>(),
                                to_double(bias).data<double>(), 1e-5, 3, kWidth, exact.data());
  // Values about 1: the mean's error gamma(D) and half of the variance's.
  for (size_t i = 0; i < exact.size(); ++i)
    EXPECT_NEAR(single[i], exact[i], gamma(2 * kWidth) * (2 + std::abs(exact[i])));
}

TEST(ReferenceAttention, WeighsValuesByTheSoftmaxOfScores) {
  // One query, two keys of width 4: scores (2 * ln 3) / sqrt(4) = ln 3 and 0, so weights 3/4 and 1/4.
  const double score = 2 * std::log(3.0);
  const Numbers q = {1, 0, 0, 0}, kv = {score, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8};
  Numbers out(4);
  reference::attention<double>(q.data(), kv.data(), kv.data() + 4, 1, 2, 4, 4, 8, false, out.data());
  expect_numbers(out, {2, 3, 4, 5});
}

TEST(ReferenceAttention, LetsACausalQuerySeeNoLaterKey) {
  // Equal scores: each result is the mean of the values seen. Width 1, values 1 to 4.
  const Numbers zero(4, 0), kv = {0, 1, 0, 2, 0, 3, 0, 4};
  Numbers out(4);
  reference::attention<double>(zero.data(), kv.data(), kv.data() + 1, 4, 4, 1, 1, 2, true, out.data());
  expect_numbers(out, {1, 1.5, 2, 2.5});
  reference::attention<double>(zero.data(), kv.data(), kv.data() + 1, 4, 4, 1, 1, 2, false, out.data());
  expect_numbers(out, {2.5, 2.5, 2.5, 2.5});
  // Two queries, four keys: the last query sees all, the one before it all but the last.
  reference::attention<double>(zero.data(), kv.data(), kv.data() + 1, 2, 4, 1, 1, 2, true, out.data());
  expect_numbers({out[0], out[1]}, {2, 2.5});
}

TEST(ReferenceAttention, SurvivesLargeScoresAndRunsInPlace) {
  Numbers q = {1000, -1000};  // two queries of width 1
  const Numbers kv = {1000, 1, -1000, 2};
  reference::attention<double>(q.data(), kv.data(), kv.data() + 1, 2, 2, 1, 1, 2, false, q.data());
  expect_numbers(q, {1, 2});
}

TEST(ReferenceConvolution, SlidesAKernelWithPaddingAndStride) {
  // 3 x 3 picture 1..9, 3 x 3 kernel of ones: sums of what is inside.
  const Numbers x = {1, 2, 3, 4, 5, 6, 7, 8, 9}, ones(9, 1), bias = {100};
  Numbers y(9);
  reference::convolution<double>(x.data(), ones.data(), bias.data(), nullptr, false, 1, 3, 3, 1, 1, 3, 1, 1, y.data());
  expect_numbers(y, {112, 121, 116, 127, 145, 133, 124, 139, 128});
  reference::convolution<double>(x.data(), ones.data(), bias.data(), nullptr, false, 1, 3, 3, 1, 1, 3, 2, 1, y.data());
  expect_numbers({y.begin(), y.begin() + 4}, {112, 116, 124, 128});
  reference::convolution<double>(x.data(), ones.data(), bias.data(), nullptr, false, 1, 3, 3, 1, 1, 3, 1, 0, y.data());
  EXPECT_EQ(y[0], 145);
}

TEST(ReferenceConvolution, DoesNotTurnTheKernelOrMixChannels) {
  // Kernel (O, C, 1, 2 of 2): output 0 reads channel 0 at the right lower corner, output 1 channel 1 at the left upper.
  const Numbers x = {1, 10, 2, 20, 3, 30, 4, 40};  // 2 x 2 pixels of 2 channels
  Numbers weight(16, 0);
  weight[0 * 8 + 0 * 4 + 3] = 1;
  weight[1 * 8 + 1 * 4 + 0] = 1;
  const Numbers bias = {0, 0};
  Numbers y(2);
  reference::convolution<double>(x.data(), weight.data(), bias.data(), nullptr, false, 1, 2, 2, 2, 2, 2, 1, 0,
                                 y.data());
  expect_numbers(y, {4, 10});
}

TEST(ReferenceConvolution, AddsTheResidualBeforeReLU) {
  const Numbers x = {1, -1, 2}, one = {1}, zero = {0}, residual = {-3, 3, 1};
  Numbers y(3);
  reference::convolution<double>(x.data(), one.data(), zero.data(), residual.data(), true, 1, 1, 3, 1, 1, 1, 1, 0,
                                 y.data());
  expect_numbers(y, {0, 2, 3});
  reference::convolution<double>(x.data(), one.data(), zero.data(), residual.data(), false, 1, 1, 3, 1, 1, 1, 1, 0,
                                 y.data());
  expect_numbers(y, {-2, 2, 3});
}

TEST(ReferenceEmbedding, CutsPatchesRowByRow) {
  // 2 channels of 2 x 5 pixels, patches of 2 x 2: the fifth column is left out.
  Numbers pixels(20);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>(i);
  Numbers y(16);
  reference::patches<double, double>(pixels.data(), 1, 2, 2, 5, 2, y.data());
  expect_numbers(y, {0, 1, 5, 6, 10, 11, 15, 16, 2, 3, 7, 8, 12, 13, 17, 18});
}

TEST(ReferenceEmbedding, PutsTheClassTokenFirst) {
  const Numbers patches = {1, 2, 3, 4}, token = {10, 20}, positions = {100, 200, 300, 400};
  Numbers x(8);
  reference::embed_patches<double>(patches.data(), token.data(), positions.data(), 2, 2, 2, x.data());
  expect_numbers(x, {110, 220, 301, 402, 110, 220, 303, 404});
}

TEST(ReferencePooling, AveragesTwoByTwoAndLeavesOutTheOddRest) {
  const Numbers x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};  // 3 x 5
  Numbers y(2);
  reference::average_pool<double>(x.data(), 1, 3, 5, 1, y.data());
  expect_numbers(y, {4, 6});
}

TEST(ReferencePooling, PutsTheMeanBeforeTheTokens) {
  const Numbers x = {1, 2, 3, 6}, positions = {10, 20, 30, 40, 50, 60};
  Numbers y(6);
  reference::mean_token<double>(x.data(), positions.data(), 1, 2, 2, y.data());
  expect_numbers(y, {12, 24, 31, 42, 53, 66});
}

TEST(ReferenceSimilarity, NormalisesRowsAndLeavesZeroAlone) {
  const Numbers x = {3, 4, 0, 0, 1e-13, 0};
  Numbers y(6);
  reference::normalize_rows<double>(x.data(), 3, 2, y.data());
  expect_numbers(y, {0.6, 0.8, 0, 0, 0.1, 0});
}

TEST(ReferenceSimilarity, MakesProbabilities) {
  const Numbers x = {0, std::log(3.0), 1000, 1000, -1e300, 0};
  Numbers y(6);
  reference::softmax_rows<double>(x.data(), 3, 2, y.data());
  expect_numbers(y, {0.25, 0.75, 0.5, 0.5, 0, 1});
}

TEST(ReferenceSimilarity, ComparesEveryPair) {
  const Numbers a = {1, 2, 3, 4}, b = {1, 0, 0, 1, 1, 1};
  Numbers c(6);
  reference::similarity<double>(a.data(), b.data(), 10, 2, 3, 2, c.data());
  expect_numbers(c, {10, 20, 30, 30, 40, 70});
}

}  // namespace
}  // namespace clipkit
