#include "cpu/pooled_attention.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

struct Weights : PackedPooledAttention {
  explicit Weights(const PooledAttentionSpec& spec)
      : PackedPooledAttention(spec),
        k(as_float(spec.k_weight)),
        v(Tensor::empty({spec.heads, width(), width() / spec.heads})),
        v_bias(as_float(spec.v_bias)) {
    const Tensor plain = as_float(spec.v_weight);
    const int64_t D = width(), Dh = D / heads();
    parallel_for(heads(), [&](int64_t h) {
      for (int64_t d = 0; d < D; ++d) {
        for (int64_t j = 0; j < Dh; ++j) {
          v.data<float>()[(h * D + d) * Dh + j] = plain.data<float>()[(h * Dh + j) * D + d];
        }
      }
    });
  }
  static Tensor as_float(const TensorView& view) {
    Tensor result = Tensor::empty(view.shape());
    convert_to_float(view.raw(), view.dtype(), result.data<float>(), view.num_elements());
    return result;
  }

  Tensor k;       // (D, D)
  Tensor v;       // (heads, D, Dh): each head's part transposed
  Tensor v_bias;  // (D)
};

}  // namespace

std::unique_ptr<PackedPooledAttention> pack_pooled_attention_for_cpu(const PooledAttentionSpec& spec) {
  return std::make_unique<Weights>(spec);
}

void pooled_attention_on_cpu(const PackedPooledAttention& packed, const PooledAttentionArgs& args, Tensor& scratch) {
  const auto& w = static_cast<const Weights&>(packed);
  const int64_t N = args.q.shape()[0], D = w.width(), H = w.heads(), Dh = D / H;
  int64_t longest = 0;
  for (int64_t n = 0; n < N; ++n) {
    longest = std::max(longest, args.starts[static_cast<size_t>(n) + 1] - args.starts[static_cast<size_t>(n)]);
  }
  float* u = scratch_floats(scratch, 2 * N * H * D + N * H * longest);  // (N, H, D)
  float* z = u + N * H * D;                                             // (N, H, D)
  float* scores = z + N * H * D;                                        // (N, H, longest)
  const float *q = args.q.data<float>(), *x = args.x.data<float>();
  float* out = args.out.data<float>();

  parallel_for(H, [&](int64_t h) {
    kernels::rows_times(q + h * Dh, D, N, w.k.data<float>() + h * Dh * D, D, Dh, D, u + h * D, H * D);
  });
  const float scale = 1.0f / std::sqrt(static_cast<float>(Dh));
  parallel_for(N * H, [&](int64_t task) {
    const auto n = static_cast<size_t>(task / H);
    const float* rows = x + args.starts[n] * D;
    const int64_t S = args.starts[n + 1] - args.starts[n];
    float* p = scores + task * longest;
    kernels::similarity(u + task * D, rows, scale, S, D, p);
    kernels::softmax(p, S, p);
    kernels::rows_times(p, longest, 1, rows, D, S, D, z + task * D, D);
  });
  parallel_for(H, [&](int64_t h) {
    kernels::rows_times(z + h * D, H * D, N, w.v.data<float>() + h * D * Dh, Dh, D, Dh, out + h * Dh, D);
    for (int64_t n = 0; n < N; ++n) {
      for (int64_t j = h * Dh; j < (h + 1) * Dh; ++j) out[n * D + j] += w.v_bias.data<float>()[j];
    }
  });
}

}  // namespace clipkit
