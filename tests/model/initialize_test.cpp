#include "model/initialize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace clipkit {
namespace {

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};

Moments moments_of(std::span<const float> values) {
  Moments m;
  for (const float v : values) m.mean += static_cast<double>(v) / static_cast<double>(values.size());
  for (const float v : values) {
    m.deviation += std::pow(static_cast<double>(v) - m.mean, 2) / static_cast<double>(values.size());
    m.largest = std::max(m.largest, std::abs(static_cast<double>(v)));
  }
  m.deviation = std::sqrt(m.deviation);
  return m;
}

std::map<std::string, Tensor> initialized(const char* config, uint64_t seed) {
  Clip model(config_by_name(config), true, true);
  initialize(model, seed);
  std::map<std::string, Tensor> values;
  model.visit_params([&](const std::string& name, Param& param) { values[name] = std::move(param.value); });
  return values;
}

// Four standard errors of a deviation measured on n values: of a normal 1 / sqrt(2n) of it, of a uniform less.
void expect_deviation(const std::map<std::string, Tensor>& values, const std::string& name, double expected) {
  const auto& tensor = values.at(name);
  const auto n = static_cast<double>(tensor.num_elements());
  const Moments m = moments_of(tensor.span<float>());
  EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * n)) << name;
  EXPECT_NEAR(m.mean, 0, 4 * expected / std::sqrt(n)) << name;
}

double uniform(double bound) {
  return bound / std::sqrt(3.0);
}

TEST(Initialize, FollowsTheRulesOfVisionTransformers) {
  const auto values = initialized("ViT-S-32", 1);
  const double wide = 384, text = 384;
  EXPECT_NEAR(values.at("logit_scale").data<float>()[0], std::log(1 / 0.07), 1e-6);
  expect_deviation(values, "token_embedding.weight", 0.02);
  expect_deviation(values, "positional_embedding", 0.01);
  expect_deviation(values, "text_projection", 1 / std::sqrt(text));
  expect_deviation(values, "transformer.resblocks.3.attn.in_proj_weight", 1 / std::sqrt(text));
  expect_deviation(values, "transformer.resblocks.3.attn.out_proj.weight", 1 / std::sqrt(text * 24));
  expect_deviation(values, "transformer.resblocks.3.mlp.c_proj.weight", 1 / std::sqrt(text * 24));
  expect_deviation(values, "transformer.resblocks.3.mlp.c_fc.weight", 1 / std::sqrt(2 * text));
  expect_deviation(values, "transformer.resblocks.3.mlp.c_fc.bias", uniform(1 / std::sqrt(text)));
  expect_deviation(values, "transformer.resblocks.3.mlp.c_proj.bias", uniform(1 / std::sqrt(4 * text)));
  expect_deviation(values, "visual.class_embedding", 1 / std::sqrt(wide));
  expect_deviation(values, "visual.positional_embedding", 1 / std::sqrt(wide));
  expect_deviation(values, "visual.proj", 1 / std::sqrt(wide));
  expect_deviation(values, "visual.conv1.weight", uniform(1 / std::sqrt(3.0 * 32 * 32)));
  expect_deviation(values, "visual.transformer.resblocks.0.attn.in_proj_weight", uniform(std::sqrt(6 / (4 * wide))));
  expect_deviation(values, "visual.transformer.resblocks.0.attn.out_proj.weight", uniform(1 / std::sqrt(wide)));
  expect_deviation(values, "visual.transformer.resblocks.0.mlp.c_proj.weight", uniform(1 / std::sqrt(4 * wide)));
  for (const auto& [name, tensor] : values) {
    const bool norm = name.find("ln_") != std::string::npos;
    if (!norm && !name.ends_with("in_proj_bias") && !name.ends_with("out_proj.bias")) continue;
    for (const float value : tensor.span<float>()) ASSERT_EQ(value, norm && name.ends_with("weight") ? 1 : 0) << name;
  }
}

TEST(Initialize, FollowsTheRulesOfResNets) {
  const auto values = initialized("RN50", 1);
  expect_deviation(values, "visual.conv2.weight", uniform(1 / std::sqrt(32.0 * 9)));
  expect_deviation(values, "visual.layer1.0.conv2.weight", uniform(1 / std::sqrt(64.0 * 9)));
  expect_deviation(values, "visual.attnpool.positional_embedding", 1 / std::sqrt(2048.0));
  expect_deviation(values, "visual.attnpool.c_proj.weight", 1 / std::sqrt(2048.0));
  expect_deviation(values, "visual.attnpool.q_proj.bias", uniform(1 / std::sqrt(2048.0)));
  EXPECT_EQ(values.at("visual.layer2.1.bn3.weight").data<float>()[0], 0);
  EXPECT_EQ(values.at("visual.layer2.1.bn2.weight").data<float>()[0], 1);
  EXPECT_EQ(values.at("visual.bn3.weight").data<float>()[0], 1);
  EXPECT_EQ(values.at("visual.layer1.0.downsample.1.weight").data<float>()[0], 1);
  EXPECT_EQ(values.at("visual.layer1.0.bn1.running_var").data<float>()[0], 1);
  EXPECT_EQ(values.at("visual.layer1.0.bn1.running_mean").data<float>()[0], 0);
}

TEST(Initialize, DependsOnTheSeedAlone) {
  const auto first = initialized("mini-vit", 5), again = initialized("mini-vit", 5), other = initialized("mini-vit", 6);
  for (const auto& [name, tensor] : first) {
    EXPECT_EQ(std::memcmp(tensor.view().raw(), again.at(name).view().raw(), tensor.view().bytes()), 0) << name;
  }
  EXPECT_NE(std::memcmp(first.at("visual.proj").view().raw(), other.at("visual.proj").view().raw(),
                        first.at("visual.proj").view().bytes()),
            0);
}

}  // namespace
}  // namespace clipkit
