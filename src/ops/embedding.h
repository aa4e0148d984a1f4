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

// dtable[ids[r]] += dy[r],  dpositions[index[r]] += dy[r]; rows with id -1 are left out. Accumulated in the order of r.
struct EmbedTokensBackwardArgs {
  std::span<const int32_t> ids;    // (R) on the host
  std::span<const int32_t> index;  // (R) on the host
  TensorView dy;                   // (R, D) sum type
  TensorView dtable{};             // (V, D) sum type, or empty
  TensorView dpositions{};         // (L, D) sum type, or empty
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

// dpatches[n, i] = dx[n, 1 + i], written;  dclass_embedding += sum over n of dx[n, 0],  dpositions += sum over n of
// dx[n].
struct EmbedPatchesBackwardArgs {
  int64_t length = 1;             // 1 + g*g
  TensorView dx;                  // (N * (1 + g*g), D) sum type
  TensorView dpatches;            // (N * g*g, D) operand type
  TensorView dclass_embedding{};  // (D) sum type, or empty
  TensorView dpositions{};        // (1 + g*g, D) sum type, or empty
};

class Backend;

namespace ops {
void embed_tokens(Backend& backend, const EmbedTokensArgs& args);
void patches(Backend& backend, const PatchesArgs& args);
void embed_patches(Backend& backend, const EmbedPatchesArgs& args);
void embed_tokens_backward(Backend& backend, const EmbedTokensBackwardArgs& args);
void embed_patches_backward(Backend& backend, const EmbedPatchesBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
