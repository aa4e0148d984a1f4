#pragma once

#include <span>

#include "clipkit/tensor.h"

// Scaled dot-product attention over packed sequences:  out = softmax(q k^T / sqrt(Dh)) v, head by head.
// Sequence n owns rows [starts[n], starts[n+1]) of kv and rows [q_starts[n], q_starts[n+1]) of q and out. With causal,
// the last query of a sequence sees all its keys, the one before it all but the last, and so on; so a single query at
// the end sees everything, which is how the last block of a tower serves only the token that is read.

namespace clipkit {

struct AttentionArgs {
  TensorView q;    // (Rq, D) operand type
  TensorView kv;   // (R, 2D) operand type, keys before values
  TensorView out;  // (Rq, D) operand type; may be q itself
  int heads = 1;   // Dh = D / heads
  bool causal = false;
  std::span<const int64_t> starts;    // N + 1 rows, on the host
  std::span<const int64_t> q_starts;  // N + 1 rows, on the host
};

class Backend;

namespace ops {
void attention(Backend& backend, const AttentionArgs& args);
}

}  // namespace clipkit
