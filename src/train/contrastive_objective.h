#pragma once

#include "dist/communicator.h"
#include "nn/context.h"

namespace clipkit {

// Which gradients the ranks' losses have, in open_clip's terms. Exact equals a single process with the whole batch, at
// the memory and the work of this rank's rows; the others are there to repeat runs that were made with them.
enum class LossGradient {
  kExact,       // --local-loss --gather-with-grad, or --gather-with-grad alone
  kGlobalOnly,  // neither: the towers' gradient is that of the whole batch over the number of ranks
  kLocalOnly,   // --local-loss alone: nothing flows to a rank through the others' losses
};

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
