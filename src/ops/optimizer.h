#pragma once

#include <cstdint>

#include "clipkit/tensor.h"

// What moves the parameters.

namespace clipkit {

// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), with g = gradient_factor * grad:
//   p *= 1 - lr * weight_decay
//   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
//   p -= lr / (1 - beta1^step) * m / (sqrt(v / (1 - beta2^step)) + eps)
// The moments may be kept in bf16: each is then rounded to one of its two neighbours, to the nearer one with the higher
// probability, so that what is too small for a single step still counts in the mean. The draws depend on seed, step and
// place alone.
struct AdamWArgs {
  TensorView param{};   // any shape, sum type, moved in place
  TensorView grad{};    // like param, operand or sum type
  TensorView m{}, v{};  // like param, both of the sum type or both of bf16
  double lr = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  int64_t step = 1;  // counts from 1
  double gradient_factor = 1;
  uint64_t seed = 0;    // for rounding
  uint32_t tensor = 0;  // which one of the model's, for rounding
};

// result += sum of x^2.
struct SumOfSquaresArgs {
  TensorView x;       // any shape, operand or sum type
  TensorView result;  // (), float64
};

// y += (x - y) * factor, in place: a running mean of parameters.
struct BlendArgs {
  TensorView x, y;  // any shape, sum type
  double factor = 0;
};

// x = min(max(x, low), high), in place.
struct ClampArgs {
  TensorView x;  // any shape, sum type
  double low = 0, high = 0;
};

class Backend;

namespace ops {
void adamw(Backend& backend, const AdamWArgs& args);
void sum_of_squares(Backend& backend, const SumOfSquaresArgs& args);
void blend(Backend& backend, const BlendArgs& args);
void clamp(Backend& backend, const ClampArgs& args);
}  // namespace ops

}  // namespace clipkit
