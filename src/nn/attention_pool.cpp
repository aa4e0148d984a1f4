#include "nn/attention_pool.h"

#include <cstring>
#include <vector>

#include "tensor/convert.h"

namespace clipkit {

AttentionPool::AttentionPool(int64_t positions, int64_t width, int heads, int64_t embed_dim)
    : positional_embedding{{positions + 1, width}},
      q_proj(width, width),
      k_proj(width, width),
      v_proj(width, width),
      c_proj(width, embed_dim),
      heads_(heads) {}

void AttentionPool::visit_params(const ParamVisitor& visit) {
  visit("positional_embedding", positional_embedding);
  q_proj.visit_params(with_prefix("q_proj.", visit));
  k_proj.visit_params(with_prefix("k_proj.", visit));
  v_proj.visit_params(with_prefix("v_proj.", visit));
  c_proj.visit_params(with_prefix("c_proj.", visit));
}

void AttentionPool::prepare(Backend& b) {
  // Keys and values are one product.
  const auto join = [](Param& first, Param& second) {
    const Tensor top = to_dtype(first.value, DType::kFloat32), bottom = to_dtype(second.value, DType::kFloat32);
    std::vector<int64_t> sizes(first.shape.sizes().begin(), first.shape.sizes().end());
    sizes[0] *= 2;
    Tensor joined = Tensor::empty(Shape(std::span<const int64_t>(sizes)));
    std::memcpy(joined.data<float>(), top.data<float>(), top.view().bytes());
    std::memcpy(joined.data<float>() + top.num_elements(), bottom.data<float>(), bottom.view().bytes());
    first.value = {};
    second.value = {};
    return joined;
  };
  const Tensor weight = join(k_proj.weight, v_proj.weight), bias = join(k_proj.bias, v_proj.bias);
  kv_ = ops::pack_linear(b, {.weight = weight, .bias = bias});
  q_proj.prepare(b);
  c_proj.prepare(b);
  positions_ = b.upload(positional_embedding.value);
  positional_embedding.value = {};
}

void AttentionPool::pool(const Context& c, TensorView x, TensorView pooled) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t batch = x.shape()[0], length = x.shape()[1] + 1, width = x.shape()[2];
  const TensorView tokens = c.operands({batch * length, width});
  ops::mean_token(c.backend, {.x = x, .positions = positions_, .y = tokens});

  std::vector<int64_t> starts, q_starts;
  for (int64_t n = 0; n <= batch; ++n) {
    starts.push_back(n * length);
    q_starts.push_back(n);
  }
  const TensorView mean = c.operands({batch, width}), kv = c.operands({batch * length, 2 * width});
  ops::gather_rows(c.backend, {.x = tokens, .rows = std::span(starts).first(static_cast<size_t>(batch)), .y = mean});
  q_proj.forward(c.backend, mean, pooled);
  ops::linear(c.backend, *kv_, {.x = tokens, .y = kv});
  ops::attention(c.backend,
                 {.q = pooled, .kv = kv, .out = pooled, .heads = heads_, .starts = starts, .q_starts = q_starts});
}

}  // namespace clipkit
