#include "checkpoint/quantized_tensors.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "clipkit/error.h"

namespace clipkit {
namespace {

constexpr const char* kName = "visual.transformer.resblocks.0.mlp.c_fc.weight";

Tensor floats(Shape shape, float value) {
  Tensor tensor = Tensor::empty(shape);
  for (float& x : tensor.span<float>()) x = value;
  return tensor;
}

StateDict good() {
  StateDict tensors;
  Tensor matrix = Tensor::empty({2, 3}, DType::kInt8);
  for (int i = 0; i < 6; ++i) matrix.data<int8_t>()[i] = static_cast<int8_t>(20 * i - 50);
  tensors.emplace(kName, std::move(matrix));
  tensors.emplace(std::string(kName) + ".scales", floats({2}, 0.5f));
  tensors.emplace(std::string(kName) + ".input_scales", floats({3}, 2.0f));
  tensors.at(std::string(kName) + ".input_scales").data<float>()[1] = 4.0f;
  return tensors;
}

void expect_corrupt(const std::string& what, const std::function<void(StateDict&)>& spoil) {
  StateDict tensors = good();
  spoil(tensors);
  try {
    (void)check_quantized_tensors(tensors, "a.safetensors");
    ADD_FAILURE() << what << " was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << what;
    EXPECT_EQ(std::string(error.what()).find("a.safetensors: tensor "), 0u) << error.what();
  }
}

TEST(QuantizedTensors, AreToldFromOthers) {
  EXPECT_TRUE(check_quantized_tensors(good(), "test"));
  StateDict plain;
  plain.emplace("logit_scale", floats({}, 1));
  EXPECT_FALSE(check_quantized_tensors(plain, "test"));
}

TEST(QuantizedTensors, WidenToWhatTheyStandFor) {
  StateDict tensors = good();
  widen_quantized_tensors(tensors);
  ASSERT_EQ(tensors.size(), 1u);
  const Tensor& matrix = tensors.at(kName);
  const float expected[] = {-50, -60, -10, 10, 60, 50};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(matrix.data<float>()[i], expected[i]);
}

TEST(QuantizedTensors, HoldAResNetsConvolutions) {
  const std::string name = "visual.layer1.0.conv2.weight";
  StateDict tensors;
  Tensor weight = Tensor::empty({2, 4, 1, 2}, DType::kInt8);
  for (int i = 0; i < 16; ++i) weight.data<int8_t>()[i] = static_cast<int8_t>(i - 8);
  tensors.emplace(name, std::move(weight));
  tensors.emplace(name + ".scales", floats({2}, 0.5f));
  tensors.emplace(name + ".input_scales", floats({4}, 2.0f));
  tensors.at(name + ".input_scales").data<float>()[1] = 4.0f;
  ASSERT_TRUE(check_quantized_tensors(tensors, "test"));
  widen_quantized_tensors(tensors);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(tensors.at(name).data<float>()[i], static_cast<float>(i - 8) * (i / 2 % 4 == 1 ? 2.0f : 1.0f)) << i;
  }
}

TEST(QuantizedTensors, RefusesWhatDoesNotFitTogether) {
  const std::string scales = std::string(kName) + ".scales", inputs = std::string(kName) + ".input_scales";
  expect_corrupt("no scales", [&](StateDict& t) { t.erase(scales); });
  expect_corrupt("no input scales", [&](StateDict& t) { t.erase(inputs); });
  expect_corrupt("no matrix", [&](StateDict& t) { t.erase(kName); });
  expect_corrupt("a matrix of floats", [&](StateDict& t) { t.at(kName) = floats({2, 3}, 1); });
  expect_corrupt("too few scales", [&](StateDict& t) { t.at(scales) = floats({1}, 1); });
  expect_corrupt("scales of rank 2", [&](StateDict& t) { t.at(inputs) = floats({3, 1}, 1); });
  expect_corrupt("scales of int8", [&](StateDict& t) { t.at(inputs) = Tensor::zeros({3}, DType::kInt8); });
  expect_corrupt("a vector", [&](StateDict& t) { t.at(kName) = Tensor::zeros({6}, DType::kInt8); });
  expect_corrupt("nothing", [&](StateDict& t) { t.at(kName) = Tensor::zeros({0, 3}, DType::kInt8); });
  expect_corrupt("int8 outside the blocks", [&](StateDict& t) {
    t.emplace("text_projection", Tensor::zeros({2, 3}, DType::kInt8));
  });
  expect_corrupt("a patch embedding", [&](StateDict& t) {
    t.emplace("visual.conv1.weight", Tensor::zeros({2, 3, 4, 4}, DType::kInt8));
  });
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {0.0f, -1.0f, infinity, std::numeric_limits<float>::quiet_NaN()}) {
    expect_corrupt("a scale that is none", [&](StateDict& t) { t.at(scales).data<float>()[1] = value; });
    expect_corrupt("an input scale that is none", [&](StateDict& t) { t.at(inputs).data<float>()[2] = value; });
  }
}

}  // namespace
}  // namespace clipkit
