#pragma once

#include <span>
#include <vector>

#include "clipkit/activation.h"
#include "nn/context.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

// The stack of pre-norm residual attention blocks that both towers are made of (CLIP section 2.4, models.md section 2).

namespace clipkit {

// Sequences packed one after the other: sequence n owns rows [starts[n], starts[n+1]). Rows after the last start are
// padding.
struct Sequences {
  std::span<const int64_t> starts;  // N + 1
  bool causal = false;
};

// The rows that a tower's reader wants from the last block: one per sequence, its last visible one when causal. Empty:
// all.
struct RowSelection {
  std::span<const int64_t> rows;    // (N) rows of the packed batch
  std::span<const int64_t> starts;  // 0, 1, ..., N
};

class MultiHeadAttention {
 public:
  Param in_proj_weight;  // (3D, D): queries, keys, values
  Param in_proj_bias;    // (3D)
  Linear out_proj;       // (D, D)

  MultiHeadAttention(int64_t width, int heads)
      : in_proj_weight{.shape = {3 * width, width}, .of_products = true},
        in_proj_bias{{3 * width}},
        out_proj(width, width),
        heads_(heads) {}

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);

  // What backward reads, in the workspace; x is borrowed and must stay unchanged until then.
  struct Saved {
    TensorView x, queries, q, kv, out;
  };

  // y = out_proj(attention(x)) + residual, for the selected rows. x: (R, D) operand type; y and residual: (R or N, D)
  // sum type, may be the same. saved may be null: nothing is remembered then.
  void forward(const Context& c, const Sequences& sequences, TensorView x, const RowSelection& selection,
               TensorView residual, TensorView y, Saved* saved = nullptr) const;
  // dy: (R or N, D) sum type, which is the gradient of residual as well. dx: (R, D) sum type.
  void backward(const Context& c, const Sequences& sequences, const RowSelection& selection, const Saved& saved,
                TensorView dy, TensorView dx);

 private:
  int heads_;
  std::unique_ptr<PackedLinear> q_, kv_;
};

class Mlp {
 public:
  Linear c_fc;    // (4D, D)
  Linear c_proj;  // (D, 4D)

  Mlp(int64_t width, int64_t hidden, Activation activation)
      : c_fc(width, hidden), c_proj(hidden, width), activation_(activation) {}

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);

  struct Saved {
    TensorView x;    // borrowed
    TensorView pre;  // (R, 4D) before the activation, which backward computes again
  };

  // y = c_proj(activation(c_fc(x))) + residual. x: (R, D) operand type; y and residual: (R, D) sum type, may be the
  // same; y may be empty where only saved is wanted.
  void forward(const Context& c, TensorView x, TensorView residual, TensorView y, Saved* saved = nullptr) const;
  // dy: (R, D) sum type, which is the gradient of residual as well. dx: (R, D) sum type.
  void backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx);

 private:
  Activation activation_;
};

class ResidualAttentionBlock {
 public:
  LayerNorm ln_1;
  MultiHeadAttention attn;
  LayerNorm ln_2;
  Mlp mlp;

  ResidualAttentionBlock(int64_t width, int heads, int64_t mlp_width, Activation activation, double eps)
      : ln_1(width, eps), attn(width, heads), ln_2(width, eps), mlp(width, mlp_width, activation) {}

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);

  struct Saved {
    // (R, D) operand type, for what the norms make of their inputs, one after the other. Given by the caller, one for
    // all blocks: backward normalises again.
    TensorView normal;
    TensorView x;       // as operands; where these are sums, x itself
    TensorView middle;  // the same, between attention and MLP
    MultiHeadAttention::Saved attn;
    Mlp::Saved mlp;
  };

  // x: (R, D) sum type. y: (R, D), or (N, D) with a selection, or with saved empty where only that is wanted. Without a
  // selection y may be x, unless saved borrows that.
  void forward(const Context& c, const Sequences& sequences, TensorView x, const RowSelection& selection, TensorView y,
               Saved* saved = nullptr) const;
  // dy: like y; dx: (R, D) sum type; apart.
  void backward(const Context& c, const Sequences& sequences, const RowSelection& selection, const Saved& saved,
                TensorView dy, TensorView dx);
};

class Transformer {
 public:
  std::vector<ResidualAttentionBlock> resblocks;

  Transformer(int64_t width, int layers, int heads, int64_t mlp_width, Activation activation, double eps);

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);

  struct Saved {
    TensorView normal;
    std::vector<ResidualAttentionBlock::Saved> blocks;
  };

  // All blocks; only the last one sees the selection. Without one, and without saved, the result is in x, and y is not
  // read. x may be overwritten, and with saved must stay as it is left until backward; y is apart then.
  void forward(const Context& c, const Sequences& sequences, TensorView x, const RowSelection& selection, TensorView y,
               Saved* saved = nullptr) const;
  // dy: like y; dx: (R, D) sum type, apart, or empty where nobody asks for it: then the pass ends at the first block
  // that learns.
  void backward(const Context& c, const Sequences& sequences, const RowSelection& selection, const Saved& saved,
                TensorView dy, TensorView dx);

 private:
  void forward_training(const Context& c, const Sequences& sequences, TensorView x, const RowSelection& selection,
                        TensorView y, Saved& saved) const;
};

}  // namespace clipkit
