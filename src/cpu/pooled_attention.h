#pragma once

#include <memory>

#include "ops/pooled_attention.h"

// One query per sequence, taken through the weights (ops/pooled_attention.h): for each head, u = Wk^T q, scores = x u,
// z = the weighted mean of x, out = Wv z + bv. For the attention pool of RN50 that is 2 % of the products that keys and
// values of all positions would take. In float32 whatever the operands elsewhere.

namespace clipkit {

std::unique_ptr<PackedPooledAttention> pack_pooled_attention_for_cpu(const PooledAttentionSpec& spec);

// Runs on all compute threads; scratch grows as needed and is kept by the caller.
void pooled_attention_on_cpu(const PackedPooledAttention& weights, const PooledAttentionArgs& args, Tensor& scratch);

void pooled_attention_backward_on_cpu(const PackedPooledAttention& weights, const PooledAttentionBackwardArgs& args,
                                      Tensor& scratch);

}  // namespace clipkit
