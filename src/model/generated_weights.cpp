#include "model/generated_weights.h"

#include <bit>
#include <cmath>

#include "base/parallel.h"
#include "model/clip.h"

namespace clipkit {

namespace {

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  return hash;
}

// splitmix64 of hash and index as a multiple of 2^-10 in [-1, 1).
float uniform(uint64_t hash, uint64_t index) {
  uint64_t z = hash + (index + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<float>(static_cast<int64_t>(z >> 53) - 1024) * 0x1p-10f;
}

// The smallest k with 4^k * c >= n: 2^-k is about 1 / sqrt(n / c).
int halvings(int64_t n, int64_t c) {
  int k = 0;
  for (; c < n; c *= 4) ++k;
  return k;
}

struct Values {
  double offset;
  int exponent;  // value = offset + u * 2^-exponent
};

Values values_of(const std::string& name, const Shape& shape, bool resnet) {
  const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
  const size_t last = name.rfind('.');
  const std::string parent = last == std::string::npos ? "" : name.substr(0, last);
  const std::string owner = parent.substr(parent.rfind('.') + 1);
  const bool norm = owner.starts_with("ln_") || owner.starts_with("bn") || parent.ends_with("downsample.1");
  int64_t fan_in = 1;
  for (int i = 1; i < shape.rank(); ++i) fan_in *= shape[i];
  if (ends(".running_mean")) return {0, 3};
  if (ends(".running_var")) return {1, 2};
  if (norm && ends(".weight")) return {1, 2};
  if (ends("bias")) return {0, 4};
  if (name == "visual.class_embedding" || name == "visual.positional_embedding") return {0, 1};
  if (name == "visual.attnpool.positional_embedding") return {0, 2};
  if (name == "token_embedding.weight") return {0, 3};
  if (name == "positional_embedding") return {0, 4};
  if (name == "visual.proj" || name == "text_projection") return {0, halvings(shape[0], 3)};
  if (resnet && name.starts_with("visual.") && shape.rank() == 4) return {0, halvings(fan_in, 6)};
  const bool residual =
      name.find(".attn.out_proj.") != std::string::npos || name.find(".mlp.c_proj.") != std::string::npos;
  return {0, halvings(fan_in, 3) + (residual ? 1 : 0)};
}

}  // namespace

StateDict generate_weights(const ModelConfig& config) {
  StateDict weights;
  const bool resnet = std::holds_alternative<ResNetConfig>(config.vision);
  Clip(config, true, true).visit_params([&](const std::string& name, Param& param) {
    Tensor tensor = Tensor::empty(param.shape);
    if (name == "logit_scale") {
      *tensor.data<float>() = std::bit_cast<float>(0x40935D8Eu);  // ln 100
    } else {
      const Values values = values_of(name, param.shape, resnet);
      const uint64_t hash = fnv1a(name);
      const float factor = std::ldexp(1.0f, -values.exponent), offset = static_cast<float>(values.offset);
      float* to = tensor.data<float>();
      constexpr int64_t kBlock = 1 << 14;
      const int64_t n = tensor.num_elements();
      parallel_for((n + kBlock - 1) / kBlock, [&](int64_t block) {
        for (int64_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
          to[i] = offset + uniform(hash, static_cast<uint64_t>(i)) * factor;
        }
      });
    }
    weights.emplace(name, std::move(tensor));
  });
  return weights;
}

}  // namespace clipkit
