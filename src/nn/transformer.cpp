#include "nn/transformer.h"

#include <optional>
#include <utility>

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
  const TensorView weight = in_proj_weight.weight(), bias = in_proj_bias.value;
  const TensorView scales = in_proj_weight.scales;
  const auto pack_rows = [&](std::unique_ptr<PackedLinear>& packed, int64_t begin, int64_t end) {
    LinearSpec spec{.weight = weight.slice(begin, end),
                    .bias = bias.slice(begin, end),
                    .training = in_proj_weight.in_training,
                    .laid_out = in_proj_weight.part(begin > 0 ? 1 : 0)};
    if (scales) {
      spec.scales = scales.slice(begin, end);
      spec.input_scales = in_proj_weight.input_scales;
    }
    if (begin > 0) spec.observe = in_proj_weight.observe;  // queries are made from some of the same rows
    pack_param(b, packed, spec);
  };
  pack_rows(q_, 0, width);
  pack_rows(kv_, width, 3 * width);
  in_proj_weight.release();
  in_proj_bias.release();
  out_proj.prepare(b);
}

void MultiHeadAttention::forward(const Context& c, const Sequences& sequences, TensorView x,
                                 const RowSelection& selection, TensorView residual, TensorView y, Saved* saved) const {
  std::optional<Workspace::Scope> scope;
  if (!saved) scope.emplace(c.workspace);
  const int64_t rows = x.shape()[0], width = x.shape()[1];
  const bool selected = !selection.rows.empty();
  const TensorView kv = c.operands({rows, 2 * width});
  ops::linear(c.backend, *kv_, {.x = x, .y = kv});

  TensorView queries = x;
  if (selected) {
    queries = c.operands(y.shape());
    ops::gather_rows(c.backend, {.x = x, .rows = selection.rows, .y = queries});
  }
  const TensorView q = c.operands(y.shape()), out = saved ? c.operands(y.shape()) : q;
  ops::linear(c.backend, *q_, {.x = queries, .y = q});
  // Attention leaves the padding alone; backward multiplies it by zero, which has to be a number.
  if (saved && !selected) c.backend.zero(out.slice(sequences.starts.back(), rows));
  ops::attention(c.backend, {.q = q,
                             .kv = kv,
                             .out = out,
                             .heads = heads_,
                             .causal = sequences.causal,
                             .starts = sequences.starts,
                             .q_starts = selected ? selection.starts : sequences.starts});
  out_proj.forward(c.backend, out, y, {}, residual);
  if (saved) *saved = {.x = x, .queries = queries, .q = q, .kv = kv, .out = out};
}

void MultiHeadAttention::backward(const Context& c, const Sequences& sequences, const RowSelection& selection,
                                  const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  const int64_t width = dx.shape()[1];
  const bool selected = !selection.rows.empty();
  const TensorView dout = c.operands(dy.shape()), dq = c.operands(dy.shape()), dkv = c.operands(saved.kv.shape());
  out_proj.backward(c.backend, saved.out, c.as_operands(dy), dout);
  ops::attention_backward(c.backend, {.q = saved.q,
                                      .kv = saved.kv,
                                      .dout = dout,
                                      .dq = dq,
                                      .dkv = dkv,
                                      .heads = heads_,
                                      .causal = sequences.causal,
                                      .starts = sequences.starts,
                                      .q_starts = selected ? selection.starts : sequences.starts});
  if (in_proj_weight.grad) {
    const TensorView dweight = in_proj_weight.grad, dbias = in_proj_bias.grad;
    ops::linear_weight_gradient(
        c.backend, {.x = saved.queries, .dy = dq, .dweight = dweight.slice(0, width), .dbias = dbias.slice(0, width)});
    ops::linear_weight_gradient(
        c.backend,
        {.x = saved.x, .dy = dkv, .dweight = dweight.slice(width, 3 * width), .dbias = dbias.slice(width, 3 * width)});
  }
  ops::linear_input_gradient(c.backend, *kv_, {.dy = dkv, .dx = dx});
  if (!selected) return ops::linear_input_gradient(c.backend, *q_, {.dy = dq, .dx = dx, .residual = dx});
  const TensorView dqueries = c.sums(dq.shape());
  ops::linear_input_gradient(c.backend, *q_, {.dy = dq, .dx = dqueries});
  ops::scatter_add_rows(c.backend, {.x = dqueries, .rows = selection.rows, .y = dx});
}

void Mlp::visit_params(const ParamVisitor& visit) {
  c_fc.visit_params(with_prefix("c_fc.", visit));
  c_proj.visit_params(with_prefix("c_proj.", visit));
}

void Mlp::prepare(Backend& b) {
  c_fc.prepare(b);
  c_proj.prepare(b);
}

void Mlp::forward(const Context& c, TensorView x, TensorView residual, TensorView y, Saved* saved) const {
  const Shape hidden_shape = {x.shape()[0], c_fc.weight.shape[0]};
  if (saved) {
    *saved = {.x = x, .pre = c.operands(hidden_shape)};
    c_fc.forward(c.backend, x, saved->pre);
    if (!y) return;
  }
  const Workspace::Scope scope(c.workspace);
  const TensorView hidden = c.operands(hidden_shape);
  if (saved) {
    ops::activate(c.backend, {.x = saved->pre, .y = hidden, .activation = activation_});
  } else {
    c_fc.forward(c.backend, x, hidden, activation_);
  }
  c_proj.forward(c.backend, hidden, y, {}, residual);
}

void Mlp::backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  const TensorView hidden = c.operands(saved.pre.shape());
  ops::activate(c.backend, {.x = saved.pre, .y = hidden, .activation = activation_});
  c_proj.backward(c.backend, hidden, c.as_operands(dy), hidden);  // its gradient takes its place
  ops::activate_backward(c.backend, {.x = saved.pre, .dy = hidden, .dx = hidden, .activation = activation_});
  c_fc.backward(c.backend, saved.x, hidden, dx);
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
                                     const RowSelection& selection, TensorView y, Saved* saved) const {
  std::optional<Workspace::Scope> scope;
  if (!saved) scope.emplace(c.workspace);
  const bool selected = !selection.rows.empty();
  const Shape rows = selected ? Shape{static_cast<int64_t>(selection.rows.size()), x.shape()[1]} : x.shape();
  const TensorView normal = saved ? saved->normal : c.operands(x.shape());
  ln_1.forward(c.backend, x, normal);
  if (saved) saved->x = c.as_operands(x);
  // As long as backward does not read the sums themselves, there is no need of a second one.
  const TensorView middle = y && !(saved && c.operands_are_sums()) ? y : c.sums(rows);
  TensorView residual = x;
  if (selected) {
    residual = middle;
    ops::gather_rows(c.backend, {.x = x, .rows = selection.rows, .y = residual});
  }
  attn.forward(c, sequences, normal, selection, residual, middle, saved ? &saved->attn : nullptr);
  const TensorView normal_2 = normal.slice(0, rows[0]);
  ln_2.forward(c.backend, middle, normal_2);
  if (saved) saved->middle = c.as_operands(middle);
  mlp.forward(c, normal_2, middle, y, saved ? &saved->mlp : nullptr);
}

void ResidualAttentionBlock::backward(const Context& c, const Sequences& sequences, const RowSelection& selection,
                                      const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  const TensorView dmiddle = c.sums(dy.shape());
  {
    const Workspace::Scope inner(c.workspace);
    const TensorView middle = c.as_sums(saved.middle);
    ln_2.forward(c.backend, middle, saved.mlp.x);
    mlp.backward(c, saved.mlp, dy, dmiddle);
    ln_2.backward(c.backend, middle, dmiddle, dmiddle);
    ops::add(c.backend, {.a = dmiddle, .b = dy, .y = dmiddle});
  }
  const TensorView x = c.as_sums(saved.x);
  ln_1.forward(c.backend, x, saved.attn.x);
  attn.backward(c, sequences, selection, saved.attn, dmiddle, dx);
  ln_1.backward(c.backend, x, dx, dx);
  if (selection.rows.empty()) return ops::add(c.backend, {.a = dx, .b = dmiddle, .y = dx});
  ops::scatter_add_rows(c.backend, {.x = dmiddle, .rows = selection.rows, .y = dx});
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
                          TensorView y, Saved* saved) const {
  if (saved) return forward_training(c, sequences, x, selection, y, *saved);
  for (size_t i = 0; i + 1 < resblocks.size(); ++i) resblocks[i].forward(c, sequences, x, {}, x);
  resblocks.back().forward(c, sequences, x, selection, selection.rows.empty() ? x : y);
}

void Transformer::forward_training(const Context& c, const Sequences& sequences, TensorView x,
                                   const RowSelection& selection, TensorView y, Saved& saved) const {
  saved.normal = c.operands(x.shape());
  saved.blocks.assign(resblocks.size(), {});
  for (size_t i = 0; i < resblocks.size(); ++i) {
    const bool last = i + 1 == resblocks.size(), in_place = !c.checkpointing && !c.operands_are_sums();
    const TensorView next = last ? y : in_place ? x : c.sums(x.shape());
    ResidualAttentionBlock::Saved& block = saved.blocks[i];
    block.normal = saved.normal;
    {
      std::optional<Workspace::Scope> scope;
      if (c.checkpointing) scope.emplace(c.workspace);
      resblocks[i].forward(c, sequences, x, last ? selection : RowSelection{}, next, &block);
    }
    if (c.checkpointing) block.x = x;
    x = next;
  }
}

void Transformer::backward(const Context& c, const Sequences& sequences, const RowSelection& selection,
                           const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  size_t first = 0;
  if (!dx) {
    while (first < resblocks.size() && !learns(resblocks[first])) ++first;
    if (first == resblocks.size()) return;
  }
  const RowSelection all;
  // dx and one more take turns, so that the first block writes dx.
  const Shape& shape = saved.blocks.front().x.shape();
  TensorView to = dx ? dx : c.sums(shape), other = c.sums(shape);
  if ((resblocks.size() - first) % 2 == 0) std::swap(to, other);
  for (size_t i = resblocks.size(); i-- > first; std::swap(to, other)) {
    const Workspace::Scope block_scope(c.workspace);
    const RowSelection& rows = i + 1 == resblocks.size() ? selection : all;
    ResidualAttentionBlock::Saved block = saved.blocks[i];
    if (c.checkpointing) resblocks[i].forward(c, sequences, block.x, rows, {}, &block);
    resblocks[i].backward(c, sequences, rows, block, dy, to);
    c.gradients_are_whole(resblocks[i]);
    dy = to;
  }
}

}  // namespace clipkit
