#pragma once

#include "ops/backend.h"

// Losses and optimiser on the CPU. Every sum has one order, whatever the number of threads. scratch is kept from one
// call to the next.

namespace clipkit {

void contrastive_loss_on_cpu(const ContrastiveLossArgs& args, Tensor& scratch);
void contrastive_loss_backward_on_cpu(const ContrastiveLossBackwardArgs& args, Tensor& scratch);
void adamw_on_cpu(const AdamWArgs& args);
void sum_of_squares_on_cpu(const SumOfSquaresArgs& args, Tensor& scratch);
void blend_on_cpu(const BlendArgs& args);

}  // namespace clipkit
