#include "nn/attention_pool.h"

#include <vector>

namespace clipkit {

AttentionPool::AttentionPool(int64_t positions, int64_t width, int heads, int64_t embed_dim)
    : positional_embedding{{positions + 1, width}},
      q_proj(width, width),
      k_proj(width, width),
      v_proj(width, width),
      c_proj(width, embed_dim),
      heads_(heads) {}

void AttentionPool::visit_params(const ParamVisitor& visit) {
  visit("positional_embedding", positional_embedding);
  q_proj.visit_params(with_prefix("q_proj.", visit));
  k_proj.visit_params(with_prefix("k_proj.", visit));
  v_proj.visit_params(with_prefix("v_proj.", visit));
  c_proj.visit_params(with_prefix("c_proj.", visit));
}

void AttentionPool::prepare(Backend& b) {
  pooled_ = ops::pack_pooled_attention(b, {.k_weight = k_proj.weight.value,
                                           .v_weight = v_proj.weight.value,
                                           .k_bias = k_proj.bias.value,
                                           .v_bias = v_proj.bias.value,
                                           .heads = heads_});
  for (Linear* layer : {&k_proj, &v_proj}) {
    layer->weight.release();
    layer->bias.release();
  }
  q_proj.prepare(b);
  c_proj.prepare(b);
  positions_ = b.upload(positional_embedding.value);
  positional_embedding.release();
}

void AttentionPool::pool(const Context& c, TensorView x, TensorView pooled) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t batch = x.shape()[0], length = x.shape()[1] + 1, width = x.shape()[2];
  const TensorView tokens = c.operands({batch * length, width}), mean = c.operands({batch, width});
  ops::mean_token(c.backend, {.x = x, .positions = positions_, .y = tokens});
  std::vector<int64_t> starts;
  for (int64_t n = 0; n <= batch; ++n) starts.push_back(n * length);
  ops::gather_rows(c.backend, {.x = tokens, .rows = std::span(starts).first(static_cast<size_t>(batch)), .y = mean});
  q_proj.forward(c.backend, mean, pooled);

  TensorView all = tokens;
  if (tokens.dtype() != c.backend.sum_dtype()) {
    all = c.sums(tokens.shape());
    ops::convert(c.backend, {.x = tokens, .y = all});
  }
  ops::pooled_attention(c.backend, *pooled_, {.q = pooled, .x = all, .out = pooled, .starts = starts});
}

void AttentionPool::project(const Context& c, TensorView pooled, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const TensorView operand = c.operands(pooled.shape());
  ops::convert(c.backend, {.x = pooled, .y = operand});
  c_proj.forward(c.backend, operand, y);
}

}  // namespace clipkit
