#pragma once

#include <memory>
#include <span>

#include "clipkit/tensor.h"

// Attention of one query per sequence, projections of keys and values included:
//   k = x Wk^T + bk,   v = x Wv^T + bv,   out = softmax(q k^T / sqrt(Dh)) v,   head by head.
// With one query it is cheaper to take the query through Wk and the weighted mean of x through Wv than every position
// through both, and the scores' common offset q bk changes no softmax. A backend may do so: only rounding differs.

namespace clipkit {

struct PooledAttentionSpec {
  TensorView k_weight, v_weight;  // (D, D) any floating type
  TensorView k_bias, v_bias;      // (D) any floating type
  int heads = 1;                  // Dh = D / heads
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

class Backend;

namespace ops {
std::unique_ptr<PackedPooledAttention> pack_pooled_attention(Backend& backend, const PooledAttentionSpec& spec);
void pooled_attention(Backend& backend, const PackedPooledAttention& weights, const PooledAttentionArgs& args);
}  // namespace ops

}  // namespace clipkit
