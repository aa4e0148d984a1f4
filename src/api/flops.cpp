#include "clipkit/benchmark.h"

// Multiply-adds by the formulas of models.md section 1.3, times two.

namespace clipkit {

namespace {

double transformer_macs(const TransformerConfig& t, double tokens) {
  const double width = t.width, mlp = t.mlp_width;
  return t.layers * (tokens * (4 * width * width + 2 * width * mlp) + 2 * tokens * tokens * width);
}

double resnet_macs(const ResNetConfig& r, double embed_dim) {
  const double stem = r.stem_width, half = stem / 2;
  double side = r.image_size / 2.0;
  double macs = side * side * 9 * (3 * half + half * half + half * stem);
  side /= 2;
  double in = stem;
  for (size_t stage = 0; stage < 4; ++stage) {
    const double planes = stem * static_cast<double>(1 << stage);
    for (int i = 0; i < r.blocks[stage]; ++i) {
      macs += side * side * (in * planes + 9 * planes * planes);
      if (stage > 0 && i == 0) side /= 2;
      macs += side * side * (planes * 4 * planes + (i == 0 ? in * 4 * planes : 0));
      in = 4 * planes;
    }
  }
  const double width = 32 * stem, tokens = side * side + 1;
  return macs + width * width + 2 * tokens * width * width + 2 * tokens * width + width * embed_dim;
}

}  // namespace

double image_gflop(const ModelConfig& config) {
  if (const auto* resnet = std::get_if<ResNetConfig>(&config.vision))
    return 2e-9 * resnet_macs(*resnet, config.embed_dim);
  const auto& vit = std::get<VitConfig>(config.vision);
  const double grid = vit.image_size / vit.patch_size, patch = vit.patch_size, width = vit.transformer.width;
  return 2e-9 * (transformer_macs(vit.transformer, grid * grid + 1) + 3 * patch * patch * width * grid * grid +
                 width * config.embed_dim);
}

double text_gflop(const ModelConfig& config, int num_tokens) {
  const TransformerConfig& t = config.text.transformer;
  return 2e-9 * (transformer_macs(t, num_tokens) + static_cast<double>(t.width) * config.embed_dim);
}

}  // namespace clipkit
