#pragma once

#include "clipkit/tensor.h"

// The losses that make a picture agree with its own text and disagree with all others (training.md sections 1, 3, 4),
// seen from one side: each row of x against all rows of y. The matrix of logits
//   l[i, j] = exp(logit_scale) * x[i] . y[j]
// is computed in tiles and never held: memory grows with the batch, not with its square. Row i of x belongs to row
// first + i of y, so that a process that has some of the rows computes its part alone.
//
// Softmax (CLIP):     loss[i] = reduced[i] - l[i, first + i],   reduced[i] = log of the sum over j of exp(l[i, j])
// Sigmoid (SigLIP):   the same with l + logit_bias for l and    reduced[i] = sum over j of log(1 + exp(l[i, j]))

namespace clipkit {

struct ContrastiveLossArgs {
  TensorView x;             // (n, E) normalised, sum type
  TensorView y;             // (N, E) normalised, sum type
  TensorView logit_scale;   // (), a log
  TensorView logit_bias{};  // (): the sigmoid loss; empty: the softmax loss
  int64_t first = 0;
  TensorView reduced;  // (n) sum type
  TensorView loss;     // (n) sum type
};

// Of factor * (sum of loss[i] of this side, and of the other side, whose rows are y). With p[i, j] = exp(l[i, j] -
// reduced[i]), q[i, j] = exp(l[i, j] - reduced_y[j]) and d[i, j] = 1 where j = first + i:
//   dl = factor * (p - d + q - d)       softmax
//   dl = factor * (sigmoid(l) - d)      sigmoid, whose two sides are one and the same
//   dx = exp(logit_scale) * dl y,  dlogit_scale += sum of dl * (l - logit_bias),  dlogit_bias += sum of dl
// the last two with scalar_factor in place of factor.
struct ContrastiveLossBackwardArgs {
  TensorView x, y, logit_scale, logit_bias{};  // as above
  int64_t first = 0;
  TensorView reduced{};    // (n) softmax: what the loss gave
  TensorView reduced_y{};  // (N) softmax: what the other side's loss gave
  double factor = 1, scalar_factor = 1;
  // Softmax: dx without the part of the other side, q - d, as a process has it that treats gathered rows as constants.
  bool own_side_only = false;
  TensorView dx;              // (n, E) sum type
  TensorView dlogit_scale{};  // (), sum type; may be empty
  TensorView dlogit_bias{};   // (), sum type; may be empty
};

class Backend;

namespace ops {
void contrastive_loss(Backend& backend, const ContrastiveLossArgs& args);
void contrastive_loss_backward(Backend& backend, const ContrastiveLossBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
