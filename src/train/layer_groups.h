#pragma once

#include <optional>
#include <string_view>

#include "clipkit/config.h"

namespace clipkit {

// Where a parameter stands in its tower, for towers that are partly locked (LiT, Zhai et al. 2022) and for learning
// rates that fall from layer to layer. Groups are those of open_clip: the embeddings, each block (the last one with the
// normalisation behind it), the projection; in a ResNet the stem, each stage, the attention pool.
struct LayerGroup {
  bool visual = false;
  int index = 0, count = 1;
  int from_top() const noexcept { return count - 1 - index; }
};

// Empty for what belongs to no tower (logit_scale).
std::optional<LayerGroup> layer_group(const ModelConfig& config, std::string_view name);

}  // namespace clipkit
