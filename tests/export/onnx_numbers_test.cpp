// What the graphs compute, operator by operator in double, against our towers in double.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>

#include "base/file_writer.h"
#include "export/onnx_evaluator.h"
#include "export/onnx_file.h"
#include "export/onnx_model.h"
#include "model/clip.h"
#include "model/generated_weights.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"
#include "support/made_inputs.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::difference;
using ::testing::HasSubstr;
using testing::made_pixels;
using testing::made_tokens;
using testing::OnnxArray;
using testing::OnnxArrays;
using testing::ReadOnnx;

// Largest difference over the largest value. Both sides are double; what differs are numbers that a file holds in
// float32 (folded convolutions, the factors of attention and activation) and the reference's result, rounded to it:
// 2^-24 of what a layer gives, each, which the next layers pass on as it is. No model here has more than 32 of them on
// the way to a feature (mini-rn's picture tower: 22 convolutions).
constexpr double kRelative = 32 * 0x1p-24;

ModelConfig small(const char* name) {
  ModelConfig config = config_by_name(name);
  config.text.vocab_size = 100;
  config.text.end_id = 99;
  return config;
}

OnnxArray array_of(const Tensor& tensor) {
  OnnxArray array{{tensor.shape().sizes().begin(), tensor.shape().sizes().end()}, {}};
  const auto copy = [&](const auto& elements) { array.values.assign(elements.begin(), elements.end()); };
  if (tensor.dtype() == DType::kInt64) {
    copy(tensor.span<int64_t>());
  } else {
    copy(tensor.span<float>());
  }
  return array;
}

OnnxArrays run(const OnnxGraph& graph, const std::map<std::string, const Tensor*>& inputs) {
  const testing::TemporaryFolder folder;
  write_onnx(graph, folder / "model.onnx", false);
  OnnxArrays arrays;
  for (const auto& [name, tensor] : inputs) arrays[name] = array_of(*tensor);
  return testing::run_onnx(ReadOnnx(read_file(folder / "model.onnx", 1 << 30)), std::move(arrays));
}

// scale: what differences are relative to; 0: the largest value that is expected.
void expect_near(const OnnxArray& found, const TensorView& expected, const std::string& what, double scale = 0) {
  ASSERT_EQ(found.sizes.size(), 2u) << what;
  const TensorView view(found.values.data(), {found.sizes[0], found.sizes[1]}, DType::kFloat64);
  ASSERT_EQ(view.shape(), expected.shape()) << what;
  const auto [apart, largest] = difference(view, expected);
  EXPECT_GT(largest, 0) << what;
  EXPECT_LE(apart, kRelative * (scale > 0 ? scale : largest)) << what;
}

// A model with made-up weights, and our towers in double.
struct Case {
  ModelConfig config;
  StateDict tensors = generate_weights(config);
  OnnxSource source{.config = config, .tensors = tensors};
  Clip clip{config, true, true};
  std::unique_ptr<Backend> backend = make_reference_backend();
  Workspace workspace{*backend};

  explicit Case(ModelConfig model_config) : config(std::move(model_config)) {
    clip.load(tensors, {}, "made-up weights");
    clip.prepare(*backend);
  }
  Case(const Case&) = delete;  // source refers to what is here

  Tensor image(const Tensor& pixels) { return clip.encode_pixels({*backend, workspace}, pixels, Output::kFeatures); }
  Tensor text(const Tensor& ids) {
    Tensor narrow = Tensor::empty(ids.shape(), DType::kInt32);
    for (int64_t i = 0; i < ids.num_elements(); ++i) {
      narrow.data<int32_t>()[i] = static_cast<int32_t>(ids.data<int64_t>()[i]);
    }
    return clip.encode_tokens({*backend, workspace}, narrow, Output::kFeatures);
  }

  void expect_our_image_features(const std::string& what) {
    const OnnxGraph graph = onnx_image_model(source, false);
    for (const int64_t batch : {1, 3}) {
      const Tensor pixels = made_pixels(config, batch);
      expect_near(run(graph, {{"pixel_values", &pixels}}).at("image_embeds"), image(pixels), what + ", pictures");
    }
  }
  void expect_our_text_features(const std::string& what) {
    const OnnxGraph graph = onnx_text_model(source, false);
    const int context = config.text.context_length;
    for (const auto& [batch, length] : {std::pair{1, context}, {2, 1}, {3, 7}}) {
      const Tensor tokens = made_tokens(config, batch, length);
      expect_near(run(graph, {{"input_ids", &tokens}}).at("text_embeds"), text(tokens), what + ", texts");
    }
  }
};

Tensor normalized(const Tensor& features) {
  Tensor result = Tensor::empty(features.shape());
  for (int64_t n = 0; n < features.shape()[0]; ++n) {
    double length = 0;
    for (const float x : features.row<float>(n)) length += double{x} * x;
    for (int64_t i = 0; i < features.shape()[1]; ++i) {
      result.row<float>(n)[static_cast<size_t>(i)] =
          static_cast<float>(features.row<float>(n)[static_cast<size_t>(i)] / std::sqrt(length));
    }
  }
  return result;
}

TEST(OnnxNumbers, AreThoseOfBothKindsOfTower) {
  for (const char* name : {"mini-vit", "mini-rn"}) {
    Case c(small(name));
    c.expect_our_image_features(name);
    c.expect_our_text_features(name);
  }
}

TEST(OnnxNumbers, FollowEveryActivationPoolingAndSize) {
  ModelConfig config = small("mini-vit");
  config.text.pooling = TextPooling::kEndId;
  config.text.end_id = 50;  // not the largest
  config.text.context_length = 20;
  config.text.transformer.heads = 1;
  auto& vit = std::get<VitConfig>(config.vision);
  vit.image_size = 83;  // no multiple of a patch
  vit.transformer.heads = 8;
  for (const Activation activation : {Activation::kQuickGelu, Activation::kGelu, Activation::kGeluTanh}) {
    config.text.transformer.activation = vit.transformer.activation = activation;
    config.text.transformer.eps = vit.transformer.eps = 1e-3;
    Case c(config);
    c.expect_our_image_features("activation " + std::to_string(static_cast<int>(activation)));
    c.expect_our_text_features("activation " + std::to_string(static_cast<int>(activation)));
  }
}

TEST(OnnxNumbers, CompareEachPictureWithEachText) {
  Case c(small("mini-vit"));
  const Tensor pixels = made_pixels(c.config, 3), tokens = made_tokens(c.config, 2, 9);
  const OnnxArrays outputs = run(onnx_joint_model(c.source), {{"pixel_values", &pixels}, {"input_ids", &tokens}});
  const Tensor image = normalized(c.image(pixels)), text = normalized(c.text(tokens));
  expect_near(outputs.at("image_embeds"), image, "pictures");
  expect_near(outputs.at("text_embeds"), text, "texts");
  Tensor per_image = Tensor::zeros({3, 2}), per_text = Tensor::zeros({2, 3});
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t t = 0; t < 2; ++t) {
      double cosine = 0;
      for (size_t e = 0; e < image.row<float>(i).size(); ++e)
        cosine += double{image.row<float>(i)[e]} * text.row<float>(t)[e];
      const auto logit = static_cast<float>(c.clip.scale() * cosine);
      per_image.row<float>(i)[static_cast<size_t>(t)] = per_text.row<float>(t)[static_cast<size_t>(i)] = logit;
    }
  }
  // Products of vectors of length 1: what these are off by counts in full however small a cosine is.
  expect_near(outputs.at("logits_per_image"), per_image, "logits of pictures", c.clip.scale());
  expect_near(outputs.at("logits_per_text"), per_text, "logits of texts", c.clip.scale());
  expect_near(run(onnx_image_model(c.source, true), {{"pixel_values", &pixels}}).at("image_embeds"), image,
              "one tower");
  expect_near(run(onnx_text_model(c.source, true), {{"input_ids", &tokens}}).at("text_embeds"), text, "the other");
}

TEST(OnnxNumbers, DoNotExistForTextsLongerThanTheContext) {
  Case c(small("mini-vit"));
  const Tensor tokens = made_tokens(c.config, 1, c.config.text.context_length + 1);
  try {
    run(onnx_text_model(c.source, false), {{"input_ids", &tokens}});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("positional_embedding/Gather: index 77 of 77"));
  }
}

}  // namespace
}  // namespace clipkit
