#include "model/initialize.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "base/random.h"

namespace clipkit {

namespace {

struct Rule {
  enum class Kind { kConstant, kNormal, kUniform } kind;
  double value;  // the constant, the deviation, or the bound on both sides
};

Rule constant(double value) {
  return {Rule::Kind::kConstant, value};
}
Rule normal(double deviation) {
  return {Rule::Kind::kNormal, deviation};
}
Rule uniform(double bound) {
  return {Rule::Kind::kUniform, bound};
}

double fan_in(const Shape& shape) {
  double product = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) product *= static_cast<double>(shape[axis]);
  return product;
}

class Rules {
 public:
  explicit Rules(const ModelConfig& config) : config_(config) {}

  Rule of(std::string_view name, const Shape& shape) const {
    const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
    const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
    if (name == "logit_scale") return constant(config_.sigmoid_loss ? std::log(10.0) : kInitialLogitScale);
    if (name == "logit_bias") return constant(-10);
    if (ends("running_mean")) return constant(0);
    if (ends("running_var")) return constant(1);
    const bool norm = has("ln_") || has("bn") || has("downsample.1.");
    if (norm && ends("bias")) return constant(0);
    // The last normalisation of a residual branch starts as nothing, so that a block starts as the identity.
    if (norm) return constant(has("visual.layer") && ends("bn3.weight") ? 0 : 1);
    if (ends("in_proj_bias") || ends("out_proj.bias")) return constant(0);
    return name.starts_with("visual.") ? visual(name, shape) : text(name, shape);
  }

 private:
  Rule text(std::string_view name, const Shape& shape) const {
    const TransformerConfig& t = config_.text.transformer;
    const double width = t.width, residual = 1 / std::sqrt(2.0 * t.layers);
    if (name == "token_embedding.weight") return normal(0.02);
    if (name == "positional_embedding") return normal(0.01);
    if (name == "text_projection" || name.ends_with("in_proj_weight")) return normal(1 / std::sqrt(width));
    if (name.ends_with("out_proj.weight") || name.ends_with("c_proj.weight"))
      return normal(residual / std::sqrt(width));
    if (name.ends_with("c_fc.weight")) return normal(1 / std::sqrt(2 * width));
    return linear(name, shape);
  }

  Rule visual(std::string_view name, const Shape& shape) const {
    if (const auto* vit = std::get_if<VitConfig>(&config_.vision)) {
      const double width = vit->transformer.width;
      if (name == "visual.class_embedding" || name == "visual.positional_embedding" || name == "visual.proj")
        return normal(1 / std::sqrt(width));
      // Xavier over the three projections as one matrix.
      if (name.ends_with("in_proj_weight")) return uniform(std::sqrt(6 / (4 * width)));
    } else if (name.starts_with("visual.attnpool.") && !name.ends_with("bias")) {
      return normal(1 / std::sqrt(32.0 * std::get<ResNetConfig>(config_.vision).stem_width));
    }
    return linear(name, shape);
  }

  // Linear layers and convolutions that have no rule of their own: weight and bias within 1 / sqrt(inputs).
  Rule linear(std::string_view name, const Shape& shape) const {
    if (!name.ends_with("bias")) return uniform(1 / std::sqrt(fan_in(shape)));
    const bool vision = name.starts_with("visual.");
    if (name.starts_with("visual.attnpool."))
      return uniform(1 / std::sqrt(32.0 * std::get<ResNetConfig>(config_.vision).stem_width));
    const TransformerConfig& t = vision ? std::get<VitConfig>(config_.vision).transformer : config_.text.transformer;
    return uniform(1 / std::sqrt(static_cast<double>(name.ends_with("c_proj.bias") ? t.mlp_width : t.width)));
  }

  const ModelConfig& config_;
};

void fill(const Rule& rule, uint64_t seed, uint32_t index, std::span<float> values) {
  if (rule.kind == Rule::Kind::kConstant)
    return std::fill(values.begin(), values.end(), static_cast<float>(rule.value));
  parallel_for_pieces(static_cast<int64_t>(values.size()), [&](int64_t begin, int64_t count) {
    Random random(seed, RandomUse::kInitialization, index, static_cast<uint64_t>(begin));
    for (float& value : values.subspan(static_cast<size_t>(begin), static_cast<size_t>(count))) {
      value = static_cast<float>(rule.kind == Rule::Kind::kNormal ? rule.value * random.normal()
                                                                  : random.uniform(-rule.value, rule.value));
    }
  });
}

}  // namespace

void initialize(Clip& model, uint64_t seed) {
  const Rules rules(model.config);
  uint32_t index = 0;
  model.visit_params([&](const std::string& name, Param& param) {
    param.value = Tensor::empty(param.shape);
    fill(rules.of(name, param.shape), seed, index++, param.value.span<float>());
  });
}

}  // namespace clipkit
