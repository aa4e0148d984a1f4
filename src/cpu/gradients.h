#pragma once

#include "ops/backend.h"

// Backward passes on the CPU. T is the operand type in memory: float, or uint16_t for bf16. Every sum has one order,
// whatever the number of threads.

namespace clipkit {

template <class T>
void activate_on_cpu(const ActivateArgs& args);
template <class T>
void activate_backward_on_cpu(const ActivateBackwardArgs& args);
// scratch is kept from one call to the next.
template <class T>
void attention_backward_on_cpu(const AttentionBackwardArgs& args, Tensor& scratch);
template <class T>
void embed_patches_backward_on_cpu(const EmbedPatchesBackwardArgs& args);
void layer_norm_backward_on_cpu(const LayerNormBackwardArgs& args, Tensor& scratch);
void embed_tokens_backward_on_cpu(const EmbedTokensBackwardArgs& args);
template <class T>
void average_pool_backward_on_cpu(const AveragePoolBackwardArgs& args);
template <class T>
void mean_token_backward_on_cpu(const MeanTokenBackwardArgs& args);
// dweight only. Not by oneDNN, whose products share out the rows of few outputs by threads.
void linear_weight_gradient_on_cpu(const LinearWeightGradientArgs& args, Tensor& scratch);
// dbias += sum over rows of dy.
template <class T>
void add_column_sums_on_cpu(const TensorView& dy, const TensorView& dbias, Tensor& scratch);

}  // namespace clipkit
