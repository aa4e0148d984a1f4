#pragma once

#include <random>

#include "clipkit/config.h"
#include "clipkit/tensor.h"

// Made-up pictures and texts for whole models.

namespace clipkit::testing {

inline Tensor made_pixels(const ModelConfig& config, int64_t batch) {
  std::mt19937 random(static_cast<unsigned>(batch));
  std::normal_distribution<float> normal;
  Tensor pixels = Tensor::empty({batch, 3, config.image_size(), config.image_size()});
  for (float& x : pixels.span<float>()) x = normal(random);
  return pixels;
}

// Rows that end early, late and, the last one, not at all; what is behind the end varies, as it must not matter.
inline Tensor made_tokens(const ModelConfig& config, int64_t batch, int64_t length) {
  const int end_id = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
  std::mt19937 random(static_cast<unsigned>(batch * 100 + length));
  std::uniform_int_distribution<int64_t> word(0, end_id - 2);
  Tensor tokens = Tensor::empty({batch, length}, DType::kInt64);
  for (int64_t n = 0; n < batch; ++n) {
    const auto row = tokens.row<int64_t>(n);
    for (int64_t& id : row) id = word(random);
    if (n + 1 < batch || batch == 1) row[static_cast<size_t>(word(random) % length)] = end_id;
  }
  return tokens;
}

}  // namespace clipkit::testing
