#pragma once

#include "clipkit/clipkit.h"

// What both sides are given: made up, the same in every run.

namespace clipkit::peers {

// (N, 3, S, S) float32.
Tensor made_pixels(const ModelConfig& config, int batch);

// Rows of made-up words, as long as captions that people write: 13 tokens on average, start and end token included.
// Zeros behind the end token. Columns cut what does not fit.
Tensor made_captions(const ModelConfig& config, int batch, int columns);
// The columns that the longest caption of a batch needs.
int longest_caption(const ModelConfig& config, int batch);
// Arithmetic of one caption at its own length, on average.
double caption_gflop(const ModelConfig& config, int batch);

}  // namespace clipkit::peers
