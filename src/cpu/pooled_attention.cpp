#include "cpu/pooled_attention.h"

#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "base/parallel.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

struct Weights : PackedPooledAttention {
  explicit Weights(const PooledAttentionSpec& spec)
      : PackedPooledAttention(spec),
        k_memory(memory_for(spec.k_laid_out, "f32 rows", float_bytes(spec.k_weight))),
        v_memory(
            memory_for(spec.v_laid_out, concat("f32 columns of ", spec.heads, " heads"), float_bytes(spec.v_weight))),
        k(static_cast<float*>(k_memory.words.view().raw())),
        v(static_cast<float*>(v_memory.words.view().raw())),
        v_bias(as_float(spec.v_bias)) {
    if (!k_memory.is_filled) {
      convert_to_float(spec.k_weight.raw(), spec.k_weight.dtype(), k, spec.k_weight.num_elements());
    }
    if (v_memory.is_filled) return;
    const Tensor plain = as_float(spec.v_weight);
    const int64_t D = width(), Dh = D / heads();
    parallel_for(heads(), [&](int64_t h) {
      for (int64_t d = 0; d < D; ++d) {
        for (int64_t j = 0; j < Dh; ++j) v[(h * D + d) * Dh + j] = plain.data<float>()[(h * Dh + j) * D + d];
      }
    });
  }
  static size_t float_bytes(const TensorView& view) { return static_cast<size_t>(view.num_elements()) * sizeof(float); }
  static Tensor as_float(const TensorView& view) {
    Tensor result = Tensor::empty(view.shape());
    convert_to_float(view.raw(), view.dtype(), result.data<float>(), view.num_elements());
    return result;
  }

  LaidOutMemory k_memory, v_memory;
  float* k;       // (D, D)
  float* v;       // (heads, D, Dh): each head's part transposed
  Tensor v_bias;  // (D)
};

int64_t longest_of(std::span<const int64_t> starts) {
  int64_t longest = 0;
  for (size_t n = 1; n < starts.size(); ++n) longest = std::max(longest, starts[n] - starts[n - 1]);
  return longest;
}

}  // namespace

std::unique_ptr<PackedPooledAttention> pack_pooled_attention_for_cpu(const PooledAttentionSpec& spec) {
  return std::make_unique<Weights>(spec);
}

void pooled_attention_on_cpu(const PackedPooledAttention& packed, const PooledAttentionArgs& args, Tensor& scratch) {
  const auto& w = static_cast<const Weights&>(packed);
  const int64_t N = args.q.shape()[0], D = w.width(), H = w.heads(), Dh = D / H, longest = longest_of(args.starts);
  float* u = scratch_floats(scratch, 2 * N * H * D + N * H * longest);  // (N, H, D)
  float* z = u + N * H * D;                                             // (N, H, D)
  float* scores = z + N * H * D;                                        // (N, H, longest)
  const float *q = args.q.data<float>(), *x = args.x.data<float>();
  float* out = args.out.data<float>();

  parallel_for(H,
               [&](int64_t h) { kernels::rows_times(q + h * Dh, D, N, w.k + h * Dh * D, D, Dh, D, u + h * D, H * D); });
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
    kernels::rows_times(z + h * D, H * D, N, w.v + h * D * Dh, Dh, D, Dh, out + h * Dh, D);
    for (int64_t n = 0; n < N; ++n) {
      for (int64_t j = h * Dh; j < (h + 1) * Dh; ++j) out[n * D + j] += w.v_bias.data<float>()[j];
    }
  });
}

// With u = q Wk and z = p x, head by head as in forward:  dz = dout Wv,  dp = dz x,  ds = the softmax's backward,
// du = ds x,  dx = p^T dz + ds^T u,  dq = du Wk^T,  dWk += q^T du,  dWv += dout^T z.
void pooled_attention_backward_on_cpu(const PackedPooledAttention& packed, const PooledAttentionBackwardArgs& args,
                                      Tensor& scratch) {
  const auto& w = static_cast<const Weights&>(packed);
  const int64_t N = args.q.shape()[0], D = w.width(), H = w.heads(), Dh = D / H, longest = longest_of(args.starts);
  const int64_t size = N * H * D;
  float *u = scratch_floats(scratch, 4 * size + 2 * N * H * longest), *z = u + size, *du = z + size,
        *dz = du + size;                                        // (N, H, D) each
  float *p_all = dz + size, *ds_all = p_all + N * H * longest;  // (N, H, longest)
  const float *q = args.q.data<float>(), *x = args.x.data<float>(), *dout = args.dout.data<float>();
  const float scale = 1.0f / std::sqrt(static_cast<float>(Dh));
  const float *k = w.k, *v = w.v;

  parallel_for(H, [&](int64_t h) {
    kernels::rows_times(q + h * Dh, D, N, k + h * Dh * D, D, Dh, D, u + h * D, H * D);
    for (int64_t n = 0; n < N; ++n) {
      kernels::similarity(dout + n * D + h * Dh, v + h * D * Dh, 1.0f, D, Dh, dz + (n * H + h) * D);
    }
  });
  parallel_for(N * H, [&](int64_t task) {
    const auto n = static_cast<size_t>(task / H);
    const float* rows = x + args.starts[n] * D;
    const int64_t S = args.starts[n + 1] - args.starts[n];
    float *p = p_all + task * longest, *ds = ds_all + task * longest;
    kernels::similarity(u + task * D, rows, scale, S, D, p);
    kernels::softmax(p, S, p);
    kernels::similarity(dz + task * D, rows, 1.0f, S, D, ds);
    kernels::softmax_backward(p, ds, S, scale, ds);
    kernels::rows_times(p, longest, 1, rows, D, S, D, z + task * D, D);
    kernels::rows_times(ds, longest, 1, rows, D, S, D, du + task * D, D);
  });
  std::fill(args.dx.data<float>() + args.starts.back() * D, args.dx.data<float>() + args.dx.num_elements(), 0.0f);
  parallel_for(N, [&](int64_t sequence) {
    const auto n = static_cast<size_t>(sequence);
    const int64_t S = args.starts[n + 1] - args.starts[n], heads = sequence * H;
    float* dx = args.dx.data<float>() + args.starts[n] * D;
    std::fill(dx, dx + S * D, 0.0f);
    const kernels::OuterProducts over_heads = {1, H, 0, longest, 0, D};
    kernels::outer_products(over_heads, p_all + heads * longest, S, dz + heads * D, D, dx, D);
    kernels::outer_products(over_heads, ds_all + heads * longest, S, u + heads * D, D, dx, D);
  });
  parallel_for(H, [&](int64_t h) {
    const kernels::OuterProducts over_pictures = {1, N, 0, D, 0, H * D};
    const auto add = [&](const float* a, const float* b, const TensorView& dweight) {
      if (!dweight) return;
      kernels::outer_products(over_pictures, a + h * Dh, Dh, b + h * D, D, dweight.data<float>() + h * Dh * D, D);
    };
    add(q, du, args.dk_weight);
    add(dout, z, args.dv_weight);
    for (int64_t n = 0; n < N; ++n) {
      kernels::similarity(du + (n * H + h) * D, k + h * Dh * D, 1.0f, Dh, D, args.dq.data<float>() + n * D + h * Dh);
      if (args.dv_bias) kernels::accumulate(dout + n * D + h * Dh, Dh, args.dv_bias.data<float>() + h * Dh);
    }
  });
}

}  // namespace clipkit
