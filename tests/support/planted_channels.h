#pragma once

#include <string>

#include "base/concat.h"
#include "checkpoint/state_dict.h"
#include "tensor/convert.h"

namespace clipkit::testing {

// The same model with a few channels as real towers have them, 50 times larger than the rest: what the norms and the
// values of each block give there is scaled, and undone in the matrix that reads it. In exact arithmetic nothing
// changes.
inline StateDict with_planted_channels(const StateDict& tensors, const std::string& tower, int layers, int64_t width) {
  constexpr float kFactor = 50;
  const auto is_planted = [width](int64_t channel) { return channel % (width / 3) == 7; };
  StateDict planted;
  for (const auto& [name, tensor] : tensors) {
    planted.emplace(name, Tensor::copy_of(to_dtype(tensor, DType::kFloat32)));
  }
  const auto scale_rows = [&](const std::string& name, int64_t first) {
    const Tensor& tensor = planted.find(name)->second;
    for (int64_t c = 0; c < width; ++c) {
      if (!is_planted(c)) continue;
      for (float& value : tensor.row<float>(first + c)) value *= kFactor;
    }
  };
  const auto undo_in_columns = [&](const std::string& name) {
    const Tensor& tensor = planted.find(name)->second;
    for (int64_t r = 0; r < tensor.shape()[0]; ++r) {
      for (int64_t c = 0; c < width; ++c) {
        if (is_planted(c)) tensor.row<float>(r)[static_cast<size_t>(c)] /= kFactor;
      }
    }
  };
  for (int i = 0; i < layers; ++i) {
    const std::string block = concat(tower, "transformer.resblocks.", i, ".");
    for (const char* of_norm : {"weight", "bias"}) {
      scale_rows(concat(block, "ln_1.", of_norm), 0);
      scale_rows(concat(block, "ln_2.", of_norm), 0);
    }
    undo_in_columns(block + "attn.in_proj_weight");
    undo_in_columns(block + "mlp.c_fc.weight");
    scale_rows(block + "attn.in_proj_weight", 2 * width);
    scale_rows(block + "attn.in_proj_bias", 2 * width);
    undo_in_columns(block + "attn.out_proj.weight");
  }
  return planted;
}

// The same for a ResNet: what the first two norms of each block give, undone in the convolution behind it. ReLU and
// averages let factors above 0 through.
inline StateDict with_planted_feature_maps(const StateDict& tensors) {
  constexpr float kFactor = 50;
  const auto is_planted = [](int64_t channel) { return channel % 16 == 7; };
  StateDict planted;
  for (const auto& [name, tensor] : tensors) {
    planted.emplace(name, Tensor::copy_of(to_dtype(tensor, DType::kFloat32)));
  }
  for (auto& [name, tensor] : planted) {
    if (!name.starts_with("visual.layer")) continue;
    const size_t norm = name.find(".bn"), conv = name.find(".conv");
    if (norm != std::string::npos && name[norm + 3] != '3' && (name.ends_with(".weight") || name.ends_with(".bias"))) {
      for (int64_t c = 0; c < tensor.num_elements(); ++c) tensor.data<float>()[c] *= is_planted(c) ? kFactor : 1;
    } else if (conv != std::string::npos && name[conv + 5] != '1') {
      const int64_t in = tensor.shape()[1], taps = tensor.shape()[2] * tensor.shape()[3];
      for (int64_t i = 0; i < tensor.num_elements(); ++i) {
        tensor.data<float>()[i] /= is_planted(i / taps % in) ? kFactor : 1;
      }
    }
  }
  return planted;
}

}  // namespace clipkit::testing
