#pragma once

#include "nn/context.h"
#include "nn/linear.h"

namespace clipkit {

// The ResNet's last layer: the mean of all positions asks, all positions and the mean answer (CLIP section 2.4).
class AttentionPool {
 public:
  Param positional_embedding;  // (1 + S, D)
  Linear q_proj, k_proj, v_proj, c_proj;

  AttentionPool(int64_t positions, int64_t width, int heads, int64_t embed_dim);

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);

  // What backward reads, in the workspace.
  struct Saved {
    TensorView tokens;  // (N * (1 + S), D) sum type: the mean and all positions
    TensorView mean;    // (N, D) operand type
    TensorView q;       // (N, D) sum type
    TensorView pooled;  // (N, D) operand type, before c_proj
  };

  // x: (N, S, D) operand type. pooled: (N, D) sum type, before c_proj.
  void pool(const Context& c, TensorView x, TensorView pooled) const;
  // y: (N, embed_dim) sum type.
  void project(const Context& c, TensorView pooled, TensorView y) const;

  // Both, remembering what backward reads.
  void forward_training(const Context& c, TensorView x, TensorView y, Saved& saved) const;
  // dy: (N, embed_dim) sum type. dx: (N, S, D) operand type.
  void backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx);

 private:
  // Tokens, their means and the queries made of these; q: (N, D) sum type.
  Saved ask(const Context& c, TensorView x, TensorView q) const;
  int heads_;
  Tensor positions_;
  std::unique_ptr<PackedPooledAttention> pooled_;
};

}  // namespace clipkit
