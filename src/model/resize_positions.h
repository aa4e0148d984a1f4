#pragma once

#include "clipkit/tensor.h"

// Learned position tables at another picture size or text length (models.md section 9).

namespace clipkit {

enum class PositionResize {
  kAntialias,  // open_clip: cubic with a = -0.5 over a support that grows with the scale
  kPlain,      // Hugging Face: 4 taps, cubic with a = -0.75, borders repeated
};

// positions: (1 + old_grid^2, D) float32, the class token first, which is kept. Result: (1 + new_grid^2, D).
Tensor resize_grid_positions(TensorView positions, int new_grid, PositionResize method);

// positions: (L, D) float32; linear between neighbours. Result: (new_length, D).
Tensor resize_text_positions(TensorView positions, int new_length);

}  // namespace clipkit
