#pragma once

#include <span>

#include "clipkit/tensor.h"

// How texts and pictures become rows of tokens.

namespace clipkit {

// y[r] = table[ids[r]] + positions[index[r]]; rows with id -1 become zero (padding up to a row count with a ready
// plan).
struct EmbedTokensArgs {
  std::span<const int32_t> ids;    // (R) on the host
  std::span<const int32_t> index;  // (R) position of each row within its text, on the host
  TensorView table;                // (V, D) any floating type
  TensorView positions;            // (L, D) sum type
  TensorView y;                    // (R, D) sum type
};

// Non-overlapping patches as rows: y[n * g*g + row * g + column] = (C, P, P) pixels of that patch. A border that does
// not fill a patch is left out, as a convolution without padding does.
struct PatchesArgs {
  TensorView pixels;  // (N, C, H, W) float32
  int64_t patch = 1;
  TensorView y;  // (N * g*g, C * P * P) operand type
};

// x[n, 0] = class_embedding + positions[0];  x[n, 1 + i] = patches[n, i] + positions[1 + i]
struct EmbedPatchesArgs {
  TensorView patches;          // (N * g*g, D) sum type
  TensorView class_embedding;  // (D) sum type
  TensorView positions;        // (1 + g*g, D) sum type
  TensorView x;                // (N * (1 + g*g), D) sum type
};

class Backend;

namespace ops {
void embed_tokens(Backend& backend, const EmbedTokensArgs& args);
void patches(Backend& backend, const PatchesArgs& args);
void embed_patches(Backend& backend, const EmbedPatchesArgs& args);
}  // namespace ops

}  // namespace clipkit
