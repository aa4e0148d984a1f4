#include "train/layer_groups.h"

#include <charconv>

namespace clipkit {

namespace {

// The number behind the prefix: 3 of "transformer.resblocks.3.ln_1.weight".
std::optional<int> number_after(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return {};
  int number = 0;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// Embeddings, blocks, projection. name: without "visual.".
int transformer_group(std::string_view name, int layers, std::string_view last_norm, std::string_view projection) {
  if (const auto block = number_after(name, "transformer.resblocks.")) return 1 + *block;
  if (name.starts_with(last_norm)) return layers;
  return name.starts_with(projection) ? layers + 1 : 0;
}

}  // namespace

std::optional<LayerGroup> layer_group(const ModelConfig& config, std::string_view name) {
  constexpr std::string_view kVisual = "visual.";
  if (name == "logit_scale" || name == "logit_bias") return {};
  if (!name.starts_with(kVisual)) {
    const int layers = config.text.transformer.layers;
    return LayerGroup{false, transformer_group(name, layers, "ln_final", "text_projection"), layers + 2};
  }
  name.remove_prefix(kVisual.size());
  if (const auto* vit = std::get_if<VitConfig>(&config.vision)) {
    const int layers = vit->transformer.layers;
    return LayerGroup{true, transformer_group(name, layers, "ln_post", "proj"), layers + 2};
  }
  if (const auto stage = number_after(name, "layer")) return LayerGroup{true, *stage, 6};
  return LayerGroup{true, name.starts_with("attnpool") ? 5 : 0, 6};
}

}  // namespace clipkit
