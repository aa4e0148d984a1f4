#pragma once

#include <memory>
#include <span>

#include "clipkit/tensor.h"
#include "tensor/laid_out.h"

// Attention of one query per sequence, projections of keys and values included:
//   k = x Wk^T + bk,   v = x Wv^T + bv,   out = softmax(q k^T / sqrt(Dh)) v,   head by head.
// With one query it is cheaper to take the query through Wk and the weighted mean of x through Wv than every position
// through both, and the scores' common offset q bk changes no softmax. A backend may do so: only rounding differs.

namespace clipkit {

struct PooledAttentionSpec {
  TensorView k_weight, v_weight;                         // (D, D) any floating type
  TensorView k_bias, v_bias;                             // (D) any floating type
  int heads = 1;                                         // Dh = D / heads
  LaidOut *k_laid_out = nullptr, *v_laid_out = nullptr;  // see LinearSpec
};

// The weights as their backend wants them. Opaque.
class PackedPooledAttention {
 public:
  virtual ~PackedPooledAttention() = default;
  int64_t width() const noexcept { return width_; }
  int heads() const noexcept { return heads_; }

 protected:
  explicit PackedPooledAttention(const PooledAttentionSpec& spec)
      : width_(spec.k_weight.shape()[0]), heads_(spec.heads) {}

 private:
  int64_t width_;
  int heads_;
};

// Sequence n owns rows [starts[n], starts[n+1]) of x and row n of q and out.
struct PooledAttentionArgs {
  TensorView q;                     // (N, D) sum type
  TensorView x;                     // (R, D) sum type
  TensorView out;                   // (N, D) sum type; may be q itself
  std::span<const int64_t> starts;  // N + 1 rows, on the host; no sequence is empty
};

// With P = softmax(q k^T / sqrt(Dh)), dP = dout v^T and dS = P * (dP - rowsum(P * dP)) / sqrt(Dh), k and v computed
// again or never:
//   dq = dS k,  dx = dS^T q Wk + P^T dout Wv                                     written
//   dk_weight += (dS^T q)^T x,  dv_weight += (P^T dout)^T x,  dv_bias += dout    accumulated
// bk gets no gradient: the scores' common offset that it makes changes no softmax.
struct PooledAttentionBackwardArgs {
  TensorView q;                         // (N, D) sum type, as forward had it
  TensorView x;                         // (R, D) sum type
  TensorView dout;                      // (N, D) sum type
  TensorView dq;                        // (N, D) sum type
  TensorView dx;                        // (R, D) sum type; zero in rows that belong to no sequence
  TensorView dk_weight{}, dv_weight{};  // (D, D) sum type, or empty
  TensorView dv_bias{};                 // (D) sum type, or empty
  std::span<const int64_t> starts;      // N + 1 rows, on the host; no sequence is empty
};

class Backend;

namespace ops {
std::unique_ptr<PackedPooledAttention> pack_pooled_attention(Backend& backend, const PooledAttentionSpec& spec);
void pooled_attention(Backend& backend, const PackedPooledAttention& weights, const PooledAttentionArgs& args);
void pooled_attention_backward(Backend& backend, const PackedPooledAttention& weights,
                               const PooledAttentionBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
