#pragma once

#include <cstdint>

#include "clipkit/tensor.h"

// Batch normalisation of R rows (all pixels of all pictures), channel by channel (Ioffe & Szegedy 2015), with what
// follows it in a ResNet:  y = relu((x - mean) / sqrt(var + eps) * weight + bias + residual).
//
// In training it goes in steps. Forward: batch_sums, batch_moments, batch_norm. Backward: batch_norm_backward_sums,
// batch_norm_backward. The sums of several processes can be added up after the first step of each, and count with them:
// each process then normalises over the rows of all.

namespace clipkit {

// sums[0] = sum over rows of x,  sums[1] = sum over rows of x^2. In double: float32 loses the variance to cancellation
// where the mean is large, double only where float32 had no digits left for x itself.
struct BatchSumsArgs {
  TensorView x;     // (R, C) operand type
  TensorView sums;  // (2, C) float64, written
};

// mean = sums[0] / count,  var = sums[1] / count - mean^2, and the running averages of both:
//   running = (1 - momentum) * running + momentum * batch's,  where the batch's variance divides by count - 1.
struct BatchMomentsArgs {
  TensorView sums;    // (2, C) float64
  int64_t count = 1;  // rows that were summed
  double momentum = 0.1;
  TensorView mean, var;                  // (C) sum type, written
  TensorView running_mean, running_var;  // (C) sum type, updated
};

struct BatchNormArgs {
  TensorView x;          // (R, C) operand type
  TensorView mean, var;  // (C) sum type: of the batch, or the running averages
  double eps = 1e-5;
  TensorView weight, bias;  // (C) sum type
  bool relu = false;
  TensorView residual{};  // (R, C) operand type, or empty; may be y itself
  TensorView y;           // (R, C) operand type; may be x itself
};

// ReLU's backward, in place, and what the rows tell each channel. With xhat = (x - mean) / sqrt(var + eps):
//   dy = 0 where y is 0           if y is given: after this dy is the gradient of residual, too
//   sums[0] = sum over rows of dy,  sums[1] = sum over rows of dy * xhat         written
//   dbias += sums[0],  dweight += sums[1]                                        accumulated
struct BatchNormBackwardSumsArgs {
  TensorView x;          // (R, C) operand type, as forward had it
  TensorView mean, var;  // (C) sum type
  double eps = 1e-5;
  TensorView y{};                 // (R, C) operand type: what forward with ReLU gave; empty without ReLU
  TensorView dy;                  // (R, C) operand type
  TensorView sums;                // (2, C) float64
  TensorView dweight{}, dbias{};  // (C) sum type; both or none
};

// dx = weight / sqrt(var + eps) * (dy - sums[0] / count - xhat * sums[1] / count).  Without sums, mean and var are
// constants (running averages) and the first term is all.
struct BatchNormBackwardArgs {
  TensorView x;          // (R, C) operand type
  TensorView mean, var;  // (C) sum type
  double eps = 1e-5;
  TensorView weight;  // (C) sum type
  TensorView dy;      // (R, C) operand type, after batch_norm_backward_sums
  TensorView sums{};  // (2, C) float64, or empty
  int64_t count = 1;  // rows that mean and var are of
  TensorView dx;      // (R, C) operand type, written; may be dy or x
};

class Backend;

namespace ops {
void batch_sums(Backend& backend, const BatchSumsArgs& args);
void batch_moments(Backend& backend, const BatchMomentsArgs& args);
void batch_norm(Backend& backend, const BatchNormArgs& args);
void batch_norm_backward_sums(Backend& backend, const BatchNormBackwardSumsArgs& args);
void batch_norm_backward(Backend& backend, const BatchNormBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
