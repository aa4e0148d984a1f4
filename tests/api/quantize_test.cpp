#include "clipkit/quantize.h"

#include <gtest/gtest.h>

#include <cstring>

#include "api/feature_agreement.h"
#include "api/model_source.h"
#include "base/compute_thread.h"
#include "checkpoint/safetensors.h"
#include "clipkit/clipkit.h"
#include "model/clip.h"
#include "model/config_source.h"
#include "model/generated_weights.h"
#include "model/quantize.h"
#include "runtime/open_backend.h"
#include "support/made_inputs.h"
#include "support/planted_channels.h"
#include "support/temporary_folder.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

Tensor some_tokens(const Model& model, int64_t count) {
  const std::vector<std::string> texts = class_names("cifar100");
  return model.tokenizer()->tokenize(std::span(texts).subspan(0, static_cast<size_t>(count)),
                                     {.context_length = model.config().text.context_length});
}

class QuantizeCheckpoint : public ::testing::Test {
 protected:
  std::string in_folder(const std::string& name) const { return (folder_.path() / name).string(); }
  static LoadOptions int8(int threads = 0) {
    LoadOptions options;
    options.precision = Precision::kInt8;
    options.threads = threads;
    return options;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(QuantizeCheckpoint, WritesWhatEveryPrecisionReads) {
  const QuantizeReport report = quantize_checkpoint("generated:mini-vit", in_folder("int8"));
  ASSERT_TRUE(report.passed && report.written);
  const Model exact = load("generated:mini-vit"), wide = load(in_folder("int8")),
              fast = load(in_folder("int8"), int8());
  EXPECT_EQ(to_json(wide.config()), to_json(fast.config()));
  const Tensor pixels = testing::made_pixels(exact.config(), 9), tokens = some_tokens(exact, 9);
  for (const Model* model : {&wide, &fast}) {
    EXPECT_GT(feature_agreement(model->encode_pixels(pixels), exact.encode_pixels(pixels)).worst, 0.995);
    EXPECT_GT(feature_agreement(model->encode_tokens(tokens), exact.encode_tokens(tokens)).worst, 0.995);
  }
  EXPECT_FALSE(testing::same_bits(wide.encode_pixels(pixels), fast.encode_pixels(pixels)));
  EXPECT_EQ(inspect(in_folder("int8")).parameters, inspect("generated:mini-vit").parameters);
}

TEST_F(QuantizeCheckpoint, GivesTheSameBitsInAnyBatchAndOnAnyNumberOfThreads) {
  quantize_checkpoint("generated:mini-vit", in_folder("int8"));
  const Model first = load(in_folder("int8"), int8(1));
  const Tensor pixels = testing::made_pixels(first.config(), 19), tokens = some_tokens(first, 19);
  const Tensor image = first.encode_pixels(pixels), text = first.encode_tokens(tokens);
  for (const int threads : {1, 2, 3}) {
    const Model model = load(in_folder("int8"), int8(threads));
    for (const int64_t batch : {1, 3, 8, 19}) {
      for (int64_t begin = 0; begin + batch <= 19; begin += batch) {
        const int64_t end = begin + batch;
        ASSERT_TRUE(
            testing::same_bits(model.encode_pixels(pixels.view().slice(begin, end)), image.view().slice(begin, end)))
            << "pictures " << begin << " to " << end << ", " << threads << " threads";
        ASSERT_TRUE(
            testing::same_bits(model.encode_tokens(tokens.view().slice(begin, end)), text.view().slice(begin, end)))
            << "texts " << begin << " to " << end << ", " << threads << " threads";
      }
    }
  }
}

// A few channels of real towers are tens of times larger than the rest, and int8 without a thought for them destroys
// what the model says.
TEST_F(QuantizeCheckpoint, PassesItsGateWherePlainScalesFailIt) {
  const ModelConfig config = config_by_name_or_file("mini-vit");
  const StateDict planted = testing::with_planted_channels(
      testing::with_planted_channels(generate_weights(config), "visual.", 2, 128), "", 2, 128);
  write_safetensors(in_folder("planted.safetensors"), planted);
  LoadOptions options;
  options.config = "mini-vit";
  const QuantizeReport calibrated =
      quantize_checkpoint(in_folder("planted.safetensors"), in_folder("int8"), {}, options);
  EXPECT_TRUE(calibrated.passed && calibrated.written);

  const Model exact = load(in_folder("planted.safetensors"), options);
  const Tensor pixels = testing::made_pixels(config, 16), tokens = some_tokens(exact, 16);
  TowerFeatures plain;
  run_on_compute_thread([&] {
    const auto run = [&](const StateDict& tensors, Backend& backend, InputSamples* samples) {
      Clip clip(config, true, true);
      clip.load(tensors, {}, "planted");
      if (samples != nullptr) samples->watch(clip);
      clip.prepare(backend);
      Workspace workspace(backend);
      const Context context{backend, workspace};
      plain.images = clip.encode_pixels(context, pixels, Output::kFeatures);
      plain.texts = clip.encode_tokens(context, tokens, Output::kFeatures);
    };
    InputSamples samples;
    const auto floats = open_backend("cpu", DType::kFloat32), bytes = open_backend("cpu", DType::kInt8);
    run(planted, *floats, &samples);
    run(quantize_weights(planted, samples, Smoothing::kNone, *floats), *bytes, nullptr);
  });
  const QuantizeReport of_plain =
      gate(plain, {.images = exact.encode_pixels(pixels), .texts = exact.encode_tokens(tokens)}, {});
  std::printf("planted channels, median cosine of texts: plain %.4f, calibrated %.5f; same nearest text: %.2f, %.2f\n",
              of_plain.texts->median, calibrated.texts->median, *of_plain.top1_agreement, *calibrated.top1_agreement);
  EXPECT_FALSE(of_plain.passed);
  EXPECT_LT(of_plain.texts->median, QuantizeOptions().min_median);
}

TEST_F(QuantizeCheckpoint, WritesNothingBelowABoundUnlessToldTo) {
  QuantizeOptions options;
  options.min_worst = 1;
  QuantizeReport report = quantize_checkpoint("generated:mini-vit", in_folder("int8"), options);
  EXPECT_FALSE(report.passed || report.written);
  EXPECT_FALSE(std::filesystem::exists(in_folder("int8")));
  options.write_below_bounds = true;
  report = quantize_checkpoint("generated:mini-vit", in_folder("int8"), options);
  EXPECT_TRUE(!report.passed && report.written);
  EXPECT_NO_THROW((void)load(in_folder("int8"), int8()));
}

TEST_F(QuantizeCheckpoint, TakesTheConvolutionsOfResNetsButForTheOneThatReadsPixels) {
  const QuantizeReport report = quantize_checkpoint("generated:mini-rn", in_folder("int8"));
  ASSERT_TRUE(report.written && report.texts);
  for (const TensorInfo& tensor : inspect(in_folder("int8")).tensors) {
    const bool convolution =
        tensor.name.find(".conv") != std::string::npos || tensor.name.find("downsample.0.weight") != std::string::npos;
    if (!convolution || !tensor.name.ends_with(".weight")) continue;
    EXPECT_EQ(tensor.dtype == "int8", tensor.name != "visual.conv1.weight") << tensor.name;
  }
  const Model exact = load("generated:mini-rn"), wide = load(in_folder("int8")), fast = load(in_folder("int8"), int8());
  const Tensor pixels = testing::made_pixels(exact.config(), 5), image = fast.encode_pixels(pixels);
  EXPECT_GT(feature_agreement(image, exact.encode_pixels(pixels)).worst, 0.98);
  EXPECT_GT(feature_agreement(wide.encode_pixels(pixels), exact.encode_pixels(pixels)).worst, 0.98);
  for (const int threads : {1, 2, 3}) {
    const Model model = load(in_folder("int8"), int8(threads));
    for (int64_t n = 0; n < 5; ++n) {
      EXPECT_TRUE(testing::same_bits(model.encode_pixels(pixels.view().slice(n, n + 1)), image.view().slice(n, n + 1)))
          << "picture " << n << ", " << threads << " threads";
    }
  }
}

TEST_F(QuantizeCheckpoint, HoldsFeatureMapsThatAreFiftyTimesLargerThanTheRest) {
  const ModelConfig config = config_by_name_or_file("mini-rn");
  const StateDict planted = testing::with_planted_feature_maps(generate_weights(config));
  write_safetensors(in_folder("planted.safetensors"), planted);
  LoadOptions options;
  options.config = "mini-rn";
  const Tensor pixels = testing::made_pixels(config, 16), exact = load("generated:mini-rn").encode_pixels(pixels);
  // They change nothing but bits.
  ASSERT_GT(feature_agreement(load(in_folder("planted.safetensors"), options).encode_pixels(pixels), exact).worst,
            1 - 1e-6);
  const QuantizeReport calibrated =
      quantize_checkpoint(in_folder("planted.safetensors"), in_folder("int8"), {}, options);
  EXPECT_TRUE(calibrated.passed && calibrated.written);

  Tensor plain;
  run_on_compute_thread([&] {
    const auto run = [&](const StateDict& tensors, Backend& backend, InputSamples* samples) {
      Clip clip(config, true, false);
      clip.load(tensors, {}, "planted");
      if (samples != nullptr) samples->watch(clip);
      clip.prepare(backend);
      Workspace workspace(backend);
      return clip.encode_pixels({backend, workspace}, pixels, Output::kFeatures);
    };
    StateDict visual;
    for (const auto& [name, tensor] : planted) {
      if (name.starts_with("visual.") || name == "logit_scale") visual.emplace(name, Tensor::copy_of(tensor));
    }
    InputSamples samples;
    const auto floats = open_backend("cpu", DType::kFloat32), bytes = open_backend("cpu", DType::kInt8);
    run(visual, *floats, &samples);
    plain = run(quantize_weights(visual, samples, Smoothing::kNone, *floats), *bytes, nullptr);
  });
  const FeatureAgreement of_plain = feature_agreement(plain, exact);
  std::printf("planted feature maps, median cosine of pictures: plain %.4f, calibrated %.5f\n", of_plain.median,
              calibrated.images->median);
  // The shortcuts carry most of this small model, so plain scales do not fail the gate by pictures alone.
  EXPECT_LT(1 - calibrated.images->median, (1 - of_plain.median) / 10);
}

TEST_F(QuantizeCheckpoint, SaysThatOtherCheckpointsHoldNoInt8) {
  try {
    (void)load("generated:mini-vit", int8());
    FAIL() << "it was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("clipkit quantize"), std::string::npos) << error.what();
  }
}

TEST_F(QuantizeCheckpoint, RefusesTooFewItems) {
  QuantizeOptions options;
  options.texts = {"a dog", "a cat", "a cow"};
  EXPECT_THROW(quantize_checkpoint("generated:mini-vit", in_folder("int8"), options), Error);
}

TEST(FeatureAgreement, CountsWhatStaysNearest) {
  const std::vector<float> a = {1, 0, 0, 1, 1, 1, -1, 0}, b = {1, 0.1f, 0, 1, 1, 0.9f, 1, 0};
  const TensorView found(a.data(), {4, 2}, DType::kFloat32), expected(b.data(), {4, 2}, DType::kFloat32);
  const FeatureAgreement agreement = feature_agreement(found, expected);
  EXPECT_EQ(agreement.items, 4);
  EXPECT_DOUBLE_EQ(agreement.worst, -1);
  EXPECT_NEAR(agreement.median, 0.9986, 1e-3);
  EXPECT_EQ(ranking_agreement(found, expected, found, expected), (std::pair<double, double>(1, 1)));
  EXPECT_LT(ranking_agreement(found, expected, expected, expected).first, 1);
}

}  // namespace
}  // namespace clipkit
