#include "nn/transformer.h"

#include "base/concat.h"

namespace clipkit {

void MultiHeadAttention::visit_params(const ParamVisitor& visit) {
  visit("in_proj_weight", in_proj_weight);
  visit("in_proj_bias", in_proj_bias);
  out_proj.visit_params(with_prefix("out_proj.", visit));
}

void MultiHeadAttention::prepare(Backend& b) {
  // Queries apart from keys and values: the last block needs queries for one token per item only.
  const int64_t width = in_proj_weight.shape[1];
  const TensorView weight = in_proj_weight.value, bias = in_proj_bias.value;
  q_ = ops::pack_linear(b, {.weight = weight.slice(0, width), .bias = bias.slice(0, width)});
  kv_ = ops::pack_linear(b, {.weight = weight.slice(width, 3 * width), .bias = bias.slice(width, 3 * width)});
  in_proj_weight.value = {};
  in_proj_bias.value = {};
  out_proj.prepare(b);
}

void MultiHeadAttention::forward(const Context& c, const Sequences& sequences, TensorView x,
                                 const RowSelection& selection, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t rows = x.shape()[0], width = x.shape()[1];
  const bool selected = !selection.rows.empty();
  const TensorView kv = c.operands({rows, 2 * width});
  ops::linear(c.backend, *kv_, {.x = x, .y = kv});

  TensorView queries = x;
  if (selected) {
    queries = c.operands(y.shape());
    ops::gather_rows(c.backend, {.x = x, .rows = selection.rows, .y = queries});
  }
  const TensorView q = c.operands(y.shape());
  ops::linear(c.backend, *q_, {.x = queries, .y = q});
  ops::attention(c.backend, {.q = q,
                             .kv = kv,
                             .out = q,
                             .heads = heads_,
                             .causal = sequences.causal,
                             .starts = sequences.starts,
                             .q_starts = selected ? selection.starts : sequences.starts});
  out_proj.forward(c.backend, q, y, {}, y);
}

void Mlp::visit_params(const ParamVisitor& visit) {
  c_fc.visit_params(with_prefix("c_fc.", visit));
  c_proj.visit_params(with_prefix("c_proj.", visit));
}

void Mlp::prepare(Backend& b) {
  c_fc.prepare(b);
  c_proj.prepare(b);
}

void Mlp::forward(const Context& c, TensorView x, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const TensorView hidden = c.operands({x.shape()[0], c_fc.weight.shape[0]});
  c_fc.forward(c.backend, x, hidden, activation_);
  c_proj.forward(c.backend, hidden, y, {}, y);
}

void ResidualAttentionBlock::visit_params(const ParamVisitor& visit) {
  ln_1.visit_params(with_prefix("ln_1.", visit));
  attn.visit_params(with_prefix("attn.", visit));
  ln_2.visit_params(with_prefix("ln_2.", visit));
  mlp.visit_params(with_prefix("mlp.", visit));
}

void ResidualAttentionBlock::prepare(Backend& b) {
  ln_1.prepare(b);
  attn.prepare(b);
  ln_2.prepare(b);
  mlp.prepare(b);
}

void ResidualAttentionBlock::forward(const Context& c, const Sequences& sequences, TensorView x,
                                     const RowSelection& selection, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const TensorView normal = c.operands(x.shape());
  ln_1.forward(c.backend, x, normal);
  if (!selection.rows.empty()) ops::gather_rows(c.backend, {.x = x, .rows = selection.rows, .y = y});
  attn.forward(c, sequences, normal, selection, y);
  const TensorView normal_2 = selection.rows.empty() ? normal : c.operands(y.shape());
  ln_2.forward(c.backend, y, normal_2);
  mlp.forward(c, normal_2, y);
}

Transformer::Transformer(int64_t width, int layers, int heads, int64_t mlp_width, Activation activation, double eps) {
  for (int i = 0; i < layers; ++i) resblocks.emplace_back(width, heads, mlp_width, activation, eps);
}

void Transformer::visit_params(const ParamVisitor& visit) {
  for (size_t i = 0; i < resblocks.size(); ++i) {
    resblocks[i].visit_params(with_prefix(concat("resblocks.", i, "."), visit));
  }
}

void Transformer::prepare(Backend& b) {
  for (auto& block : resblocks) block.prepare(b);
}

void Transformer::forward(const Context& c, const Sequences& sequences, TensorView x, const RowSelection& selection,
                          TensorView y) const {
  for (size_t i = 0; i + 1 < resblocks.size(); ++i) resblocks[i].forward(c, sequences, x, {}, x);
  resblocks.back().forward(c, sequences, x, selection, selection.rows.empty() ? x : y);
}

}  // namespace clipkit
