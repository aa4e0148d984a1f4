#pragma once

#include "clipkit/train.h"
#include "dist/communicator.h"
#include "nn/context.h"

namespace clipkit {

// This rank's features and where their gradients go.
struct ContrastiveBatch {
  TensorView image, text;    // (n, E) normalised, sum type
  TensorView logit_scale;    // ()
  TensorView logit_bias{};   // (): the sigmoid loss; empty: the softmax loss
  TensorView dimage, dtext;  // (n, E) written
  // Accumulated: this rank's part, to be summed over the ranks like every parameter's gradient. May be empty.
  TensorView dlogit_scale{}, dlogit_bias{};
};

// The loss of the whole batch, the rows of all ranks together, on every rank: the mean over pairs (training.md sections
// 1, 3, 4). Each rank computes its own rows of the matrix of logits in both directions, and gathers features and row
// sums, never logits. Uses the workspace.
double contrastive_objective(const Context& c, Communicator& ranks, LossGradient gradient,
                             const ContrastiveBatch& batch);

}  // namespace clipkit
