#include "cpu/gradients.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/parallel.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"

namespace clipkit {

namespace {

template <class T>
T* elements(const TensorView& tensor) {
  return static_cast<T*>(tensor.raw());
}

// Sums over rows go by blocks of this many rows, each into a row of its own of the scratch, and then over the blocks:
// an order that the number of threads does not change.
constexpr int64_t kBlockRows = 64;

int64_t blocks_of(int64_t rows) {
  return (rows + kBlockRows - 1) / kBlockRows;
}

// to[d] += sum over b of partial[b * stride + d] for d < width.
void add_partial_sums(const float* partial, int64_t blocks, int64_t stride, int64_t width, float* to) {
  parallel_for_pieces(width, [&](int64_t begin, int64_t count) {
    for (int64_t b = 0; b < blocks; ++b) kernels::accumulate(partial + b * stride + begin, count, to + begin);
  });
}

}  // namespace

template <class T>
void activate_on_cpu(const ActivateArgs& a) {
  parallel_for_pieces(a.x.num_elements(), [&](int64_t begin, int64_t count) {
    kernels::activate(a.activation, elements<T>(a.x) + begin, count, elements<T>(a.y) + begin);
  });
}

template <class T>
void activate_backward_on_cpu(const ActivateBackwardArgs& a) {
  parallel_for_pieces(a.x.num_elements(), [&](int64_t begin, int64_t count) {
    kernels::activate_backward(a.activation, elements<T>(a.x) + begin, elements<T>(a.dy) + begin, count,
                               elements<T>(a.dx) + begin);
  });
}

template <class T>
void attention_backward_on_cpu(const AttentionBackwardArgs& a, Tensor& scratch) {
  const int64_t width = a.q.shape()[1], head = width / a.heads;
  const auto sequences = static_cast<int64_t>(a.starts.size()) - 1;
  std::fill(elements<T>(a.dq) + a.q_starts.back() * width, elements<T>(a.dq) + a.dq.num_elements(), T{});
  std::fill(elements<T>(a.dkv) + a.starts.back() * 2 * width, elements<T>(a.dkv) + a.dkv.num_elements(), T{});
  int64_t keys = 0, queries = 0;
  for (size_t n = 1; n < a.starts.size(); ++n) {
    keys = std::max(keys, a.starts[n] - a.starts[n - 1]);
    queries = std::max(queries, a.q_starts[n] - a.q_starts[n - 1]);
  }
  const int64_t per_thread = kernels::attention_backward_scratch(queries, keys, head);
  float* memory = scratch_floats(scratch, per_thread * num_compute_threads());
  parallel_for_dynamic(sequences * a.heads, [&](int64_t task) {
    const auto n = static_cast<size_t>(task / a.heads);
    const int64_t column = task % a.heads * head;
    const int64_t at = a.q_starts[n] * width + column, kv_at = a.starts[n] * 2 * width + column;
    kernels::attention_backward({.nq = a.q_starts[n + 1] - a.q_starts[n],
                                 .nk = a.starts[n + 1] - a.starts[n],
                                 .Dh = head,
                                 .q_stride = width,
                                 .kv_stride = 2 * width,
                                 .causal = a.causal,
                                 .scratch = memory + compute_thread_index() * per_thread},
                                elements<T>(a.q) + at, elements<T>(a.kv) + kv_at, elements<T>(a.kv) + kv_at + width,
                                elements<T>(a.dout) + at, elements<T>(a.dq) + at, elements<T>(a.dkv) + kv_at,
                                elements<T>(a.dkv) + kv_at + width);
  });
}

template <class T>
void embed_patches_backward_on_cpu(const EmbedPatchesBackwardArgs& a) {
  const int64_t length = a.length, width = a.dx.shape()[1], batch = a.dx.shape()[0] / length;
  parallel_for(length, [&](int64_t i) {
    for (int64_t n = 0; n < batch; ++n) {
      const float* dx = elements<float>(a.dx) + (n * length + i) * width;
      if (a.dpositions) kernels::accumulate(dx, width, elements<float>(a.dpositions) + i * width);
      if (i == 0) {
        if (a.dclass_embedding) kernels::accumulate(dx, width, elements<float>(a.dclass_embedding));
        continue;
      }
      T* dpatch = elements<T>(a.dpatches) + (n * (length - 1) + i - 1) * width;
      if constexpr (std::is_same_v<T, float>) {
        std::memcpy(dpatch, dx, static_cast<size_t>(width) * sizeof(float));
      } else {
        kernels::convert(dx, width, dpatch);
      }
    }
  });
}

void layer_norm_backward_on_cpu(const LayerNormBackwardArgs& a, Tensor& scratch) {
  const int64_t rows = a.x.shape()[0], width = a.x.shape()[1], blocks = blocks_of(rows);
  float* partial = a.dweight ? scratch_floats(scratch, blocks * 2 * width) : nullptr;
  parallel_for(blocks, [&](int64_t block) {
    float* sums = partial ? partial + block * 2 * width : nullptr;
    if (sums) std::fill(sums, sums + 2 * width, 0.0f);
    for (int64_t r = block * kBlockRows; r < std::min(rows, (block + 1) * kBlockRows); ++r) {
      kernels::layer_norm_backward(elements<float>(a.x) + r * width, elements<float>(a.weight),
                                   static_cast<float>(a.eps), elements<float>(a.dy) + r * width, width,
                                   elements<float>(a.dx) + r * width, sums, sums ? sums + width : nullptr);
    }
  });
  if (!partial) return;
  add_partial_sums(partial, blocks, 2 * width, width, elements<float>(a.dweight));
  add_partial_sums(partial + width, blocks, 2 * width, width, elements<float>(a.dbias));
}

void embed_tokens_backward_on_cpu(const EmbedTokensBackwardArgs& a) {
  // Each thread takes some columns of all rows, so that no two meet in a row of the table.
  constexpr int64_t kColumns = 128;
  const int64_t width = a.dy.shape()[1];
  parallel_for((width + kColumns - 1) / kColumns, [&](int64_t piece) {
    const int64_t begin = piece * kColumns, count = std::min(kColumns, width - begin);
    for (size_t r = 0; r < a.ids.size(); ++r) {
      if (a.ids[r] < 0) continue;
      const float* dy = elements<float>(a.dy) + static_cast<int64_t>(r) * width + begin;
      if (a.dtable) kernels::accumulate(dy, count, elements<float>(a.dtable) + a.ids[r] * width + begin);
      if (a.dpositions) kernels::accumulate(dy, count, elements<float>(a.dpositions) + a.index[r] * width + begin);
    }
  });
}

void linear_weight_gradient_on_cpu(const LinearWeightGradientArgs& a, Tensor& scratch) {
  // A task is some rows, and a tile of the result. Rows come in groups, each but the first with sums of its own: how
  // many there are depends on the sizes alone, and is small where tiles are many.
  constexpr int64_t kLeft = 128, kRight = 512, kGroupRows = 128, kTasks = 64;
  const TensorView &left = a.transposed ? a.x : a.dy, &right = a.transposed ? a.dy : a.x;
  const int64_t rows = left.shape()[0], M = left.shape()[1], N = right.shape()[1];
  const int64_t across = (N + kRight - 1) / kRight, tiles = (M + kLeft - 1) / kLeft * across;
  const int64_t groups = std::min((rows + kGroupRows - 1) / kGroupRows, (kTasks + tiles - 1) / tiles);
  auto* dweight = elements<float>(a.dweight);
  float* partial = scratch_floats(scratch, std::max<int64_t>(1, (groups - 1) * M * N));  // (groups - 1, M, N)
  parallel_for_dynamic(groups * tiles, [&](int64_t task) {
    const int64_t group = task / tiles, m = task % tiles / across * kLeft, n = task % across * kRight;
    const int64_t height = std::min(kLeft, M - m), width = std::min(kRight, N - n);
    const int64_t first = group * rows / groups, last = (group + 1) * rows / groups;
    float* to = (group == 0 ? dweight : partial + (group - 1) * M * N) + m * N + n;
    for (int64_t i = 0; group > 0 && i < height; ++i) std::fill(to + i * N, to + i * N + width, 0.0f);
    kernels::outer_products({.lines = 1, .rows = last - first, .a_line = 0, .a_row = M, .b_line = 0, .b_row = N},
                            elements<float>(left) + first * M + m, height, elements<float>(right) + first * N + n,
                            width, to, N);
  });
  add_partial_sums(partial, groups - 1, M * N, M * N, dweight);
}

template <class T>
void add_column_sums_on_cpu(const TensorView& dy, const TensorView& dbias, Tensor& scratch) {
  const int64_t rows = dy.shape()[0], width = dy.shape()[1], blocks = blocks_of(rows);
  float* partial = scratch_floats(scratch, blocks * width);
  parallel_for(blocks, [&](int64_t block) {
    float* sums = partial + block * width;
    std::fill(sums, sums + width, 0.0f);
    for (int64_t r = block * kBlockRows; r < std::min(rows, (block + 1) * kBlockRows); ++r) {
      kernels::accumulate(elements<T>(dy) + r * width, width, sums);
    }
  });
  add_partial_sums(partial, blocks, width, width, elements<float>(dbias));
}

template <class T>
void average_pool_backward_on_cpu(const AveragePoolBackwardArgs& a) {
  const Shape& s = a.dx.shape();
  const int64_t stride = s[2] * s[3], pairs = (s[1] + 1) / 2;  // the last pair may be one row, which nothing read
  parallel_for(s[0] * pairs, [&](int64_t task) {
    const int64_t n = task / pairs, pair = task % pairs;
    T* top = elements<T>(a.dx) + (n * s[1] + 2 * pair) * stride;
    if (2 * pair + 1 == s[1]) return std::fill(top, top + stride, T{}), void();
    const T* dy = elements<T>(a.dy) + (n * (s[1] / 2) + pair) * (s[2] / 2) * s[3];
    kernels::average_pool_backward(dy, s[2] / 2, s[3], top, top + stride);
    if (s[2] % 2 == 0) return;
    for (T* end : {top + stride, top + 2 * stride}) std::fill(end - s[3], end, T{});
  });
}

template <class T>
void mean_token_backward_on_cpu(const MeanTokenBackwardArgs& a) {
  const int64_t N = a.dx.shape()[0], S = a.dx.shape()[1], D = a.dx.shape()[2], size = (1 + S) * D;
  parallel_for(N, [&](int64_t n) {
    kernels::mean_token_backward(elements<float>(a.dy) + n * size, S, D, elements<T>(a.dx) + n * S * D);
  });
  if (a.dpositions) add_partial_sums(elements<float>(a.dy), N, size, size, elements<float>(a.dpositions));
}

template void activate_on_cpu<float>(const ActivateArgs&);
template void activate_on_cpu<uint16_t>(const ActivateArgs&);
template void activate_backward_on_cpu<float>(const ActivateBackwardArgs&);
template void activate_backward_on_cpu<uint16_t>(const ActivateBackwardArgs&);
template void attention_backward_on_cpu<float>(const AttentionBackwardArgs&, Tensor&);
template void attention_backward_on_cpu<uint16_t>(const AttentionBackwardArgs&, Tensor&);
template void embed_patches_backward_on_cpu<float>(const EmbedPatchesBackwardArgs&);
template void embed_patches_backward_on_cpu<uint16_t>(const EmbedPatchesBackwardArgs&);
template void average_pool_backward_on_cpu<float>(const AveragePoolBackwardArgs&);
template void average_pool_backward_on_cpu<uint16_t>(const AveragePoolBackwardArgs&);
template void mean_token_backward_on_cpu<float>(const MeanTokenBackwardArgs&);
template void mean_token_backward_on_cpu<uint16_t>(const MeanTokenBackwardArgs&);
template void add_column_sums_on_cpu<float>(const TensorView&, const TensorView&, Tensor&);
template void add_column_sums_on_cpu<uint16_t>(const TensorView&, const TensorView&, Tensor&);

}  // namespace clipkit
