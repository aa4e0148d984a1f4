#include "nn/attention_pool.h"

#include <vector>

namespace clipkit {

AttentionPool::AttentionPool(int64_t positions, int64_t width, int heads, int64_t embed_dim)
    : positional_embedding{{positions + 1, width}},
      q_proj(width, width),
      k_proj(width, width),
      v_proj(width, width),
      c_proj(width, embed_dim),
      heads_(heads) {
  k_proj.weight.of_products = v_proj.weight.of_products = false;  // they learn within pooled_attention_backward
}

void AttentionPool::visit_params(const ParamVisitor& visit) {
  visit("positional_embedding", positional_embedding);
  q_proj.visit_params(with_prefix("q_proj.", visit));
  k_proj.visit_params(with_prefix("k_proj.", visit));
  v_proj.visit_params(with_prefix("v_proj.", visit));
  c_proj.visit_params(with_prefix("c_proj.", visit));
}

void AttentionPool::prepare(Backend& b) {
  pooled_ = ops::pack_pooled_attention(b, {.k_weight = k_proj.weight.weight(),
                                           .v_weight = v_proj.weight.weight(),
                                           .k_bias = k_proj.bias.value,
                                           .v_bias = v_proj.bias.value,
                                           .heads = heads_,
                                           .k_laid_out = k_proj.weight.part(0),
                                           .v_laid_out = v_proj.weight.part(0)});
  for (Linear* layer : {&k_proj, &v_proj}) {
    layer->weight.release();
    layer->bias.release();
  }
  q_proj.prepare(b);
  c_proj.prepare(b);
  positions_ = b.upload(positional_embedding.value);
  positional_embedding.release();
}

namespace {
// Where each picture's tokens start, mean first: 0, L, 2L, ..., NL.
std::vector<int64_t> starts_of(int64_t batch, int64_t length) {
  std::vector<int64_t> starts;
  for (int64_t n = 0; n <= batch; ++n) starts.push_back(n * length);
  return starts;
}
std::span<const int64_t> mean_rows(const std::vector<int64_t>& starts) {
  return std::span(starts).first(starts.size() - 1);
}
}  // namespace

AttentionPool::Saved AttentionPool::ask(const Context& c, TensorView x, TensorView q) const {
  const int64_t batch = x.shape()[0], length = x.shape()[1] + 1, width = x.shape()[2];
  const TensorView tokens = c.operands({batch * length, width}), mean = c.operands({batch, width});
  ops::mean_token(c.backend, {.x = x, .positions = positions_, .y = tokens});
  ops::gather_rows(c.backend, {.x = tokens, .rows = mean_rows(starts_of(batch, length)), .y = mean});
  q_proj.forward(c.backend, mean, q);
  TensorView all = tokens;
  if (tokens.dtype() != c.backend.sum_dtype()) {
    all = c.sums(tokens.shape());
    ops::convert(c.backend, {.x = tokens, .y = all});
  }
  return {.tokens = all, .mean = mean, .q = q, .pooled = {}};
}

void AttentionPool::pool(const Context& c, TensorView x, TensorView pooled) const {
  const Workspace::Scope scope(c.workspace);
  const Saved saved = ask(c, x, pooled);
  ops::pooled_attention(
      c.backend, *pooled_,
      {.q = pooled, .x = saved.tokens, .out = pooled, .starts = starts_of(x.shape()[0], x.shape()[1] + 1)});
}

void AttentionPool::project(const Context& c, TensorView pooled, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const TensorView operand = c.operands(pooled.shape());
  ops::convert(c.backend, {.x = pooled, .y = operand});
  c_proj.forward(c.backend, operand, y);
}

void AttentionPool::forward_training(const Context& c, TensorView x, TensorView y, Saved& saved) const {
  const Shape shape = {x.shape()[0], x.shape()[2]};
  saved = ask(c, x, c.sums(shape));
  saved.pooled = c.operands(shape);
  {
    const Workspace::Scope scope(c.workspace);
    const TensorView pooled = c.sums(shape);
    ops::pooled_attention(
        c.backend, *pooled_,
        {.q = saved.q, .x = saved.tokens, .out = pooled, .starts = starts_of(x.shape()[0], x.shape()[1] + 1)});
    ops::convert(c.backend, {.x = pooled, .y = saved.pooled});
  }
  c_proj.forward(c.backend, saved.pooled, y);
}

void AttentionPool::backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  const std::vector<int64_t> starts = starts_of(dx.shape()[0], dx.shape()[1] + 1);
  const TensorView dpooled = c.sums(saved.q.shape()), dq = c.sums(saved.q.shape()), dmean = c.sums(saved.q.shape()),
                   dtokens = c.sums(saved.tokens.shape());
  c_proj.backward(c.backend, saved.pooled, c.as_operands(dy), dpooled);
  // The bias of the keys moves all scores of a query alike and gets no gradient.
  ops::pooled_attention_backward(c.backend, *pooled_,
                                 {.q = saved.q,
                                  .x = saved.tokens,
                                  .dout = dpooled,
                                  .dq = dq,
                                  .dx = dtokens,
                                  .dk_weight = k_proj.weight.grad,
                                  .dv_weight = v_proj.weight.grad,
                                  .dv_bias = v_proj.bias.grad,
                                  .starts = starts});
  q_proj.backward(c.backend, saved.mean, c.as_operands(dq), dmean);
  ops::scatter_add_rows(c.backend, {.x = dmean, .rows = mean_rows(starts), .y = dtokens});
  ops::mean_token_backward(c.backend, {.dy = dtokens, .dx = dx, .dpositions = positional_embedding.grad});
}

}  // namespace clipkit
