#pragma once

#include <span>

#include "clipkit/tensor.h"

// Scaled dot-product attention over packed sequences:  out = softmax(q k^T / sqrt(Dh)) v, head by head.
// Sequence n owns rows [starts[n], starts[n+1]) of kv and rows [q_starts[n], q_starts[n+1]) of q and out. With causal,
// the last query of a sequence sees all its keys, the one before it all but the last, and so on; so a single query at
// the end sees everything, which is how the last block of a tower serves only the token that is read. Rows of out that
// belong to no sequence stay as they are.

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

// With P = softmax(q k^T / sqrt(Dh)) computed again, dP = dout v^T and dS = P * (dP - rowsum(P * dP)) / sqrt(Dh):
//   dq = dS k,  dk = dS^T q,  dv = P^T dout.   Written; zero in rows that belong to no sequence.
struct AttentionBackwardArgs {
  TensorView q;     // (Rq, D) operand type, as forward had it
  TensorView kv;    // (R, 2D) operand type
  TensorView dout;  // (Rq, D) operand type
  TensorView dq;    // (Rq, D) operand type
  TensorView dkv;   // (R, 2D) operand type
  int heads = 1;
  bool causal = false;
  std::span<const int64_t> starts;    // N + 1 rows, on the host
  std::span<const int64_t> q_starts;  // N + 1 rows, on the host
};

class Backend;

namespace ops {
void attention(Backend& backend, const AttentionArgs& args);
void attention_backward(Backend& backend, const AttentionBackwardArgs& args);
}  // namespace ops

}  // namespace clipkit
