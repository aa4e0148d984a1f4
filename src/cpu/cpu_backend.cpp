#include "cpu/cpu_backend.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/check.h"
#include "base/highway_target.h"
#include "base/parallel.h"
#include "cpu/batch_norm.h"
#include "cpu/convolution_gradient.h"
#include "cpu/gradients.h"
#include "cpu/kernels.h"
#include "cpu/onednn.h"
#include "cpu/pooled_attention.h"
#include "cpu/quantized_convolution.h"
#include "cpu/quantized_linear.h"
#include "cpu/scratch.h"
#include "cpu/training.h"
#include "ops/reference/batch_norm.h"
#include "ops/reference/embedding.h"
#include "ops/reference/similarity.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

// T is the operand type in memory: float, or uint16_t for bf16.
template <class T>
class CpuBackend : public Backend {
 public:
  CpuBackend() : onednn_(operand_dtype()) { apply_cpu_target_to_highway(); }

  Device device() const override { return {}; }
  DType operand_dtype() const override { return std::is_same_v<T, float> ? DType::kFloat32 : DType::kBFloat16; }
  DType sum_dtype() const override { return DType::kFloat32; }
  Tensor allocate(Shape shape, DType dtype) override { return Tensor::empty(shape, dtype); }
  Tensor upload(const Tensor& host, bool keep_dtype) override {
    return keep_dtype ? Tensor(host.view(), host.owner()) : to_dtype(host, DType::kFloat32);
  }
  Tensor upload_copy(const Tensor& host) override { return Tensor::copy_of(to_dtype(host, DType::kFloat32)); }
  void zero(TensorView tensor) override { std::memset(tensor.raw(), 0, tensor.bytes()); }
  void download(TensorView from, TensorView host) override { std::memcpy(host.raw(), from.raw(), from.bytes()); }
  void assign(TensorView host, TensorView to) override { std::memcpy(to.raw(), host.raw(), host.bytes()); }
  void synchronize() override {}
  int64_t padded_rows(int64_t rows) const override { return onednn_.padded_rows(rows); }

  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) override {
    return spec.weight.dtype() == DType::kInt8 ? pack_quantized_for_cpu(spec) : onednn_.pack(spec);
  }
  void repack(PackedLinear& weights, const LinearSpec& spec) override { onednn_.repack(weights, spec); }
  void linear(const PackedLinear& weights, const LinearArgs& args) override {
    if (is_quantized_for_cpu(weights)) return quantized_linear_on_cpu(weights, args, scratch_);
    onednn_.linear(weights, args);
  }
  void linear_input_gradient(const PackedLinear& weights, const LinearInputGradientArgs& args) override {
    onednn_.linear_input_gradient(weights, args);
  }
  void linear_weight_gradient(const LinearWeightGradientArgs& args) override {
    if constexpr (std::is_same_v<T, float>) {
      linear_weight_gradient_on_cpu(args, scratch_);
    } else {
      onednn_.linear_weight_gradient(args);
    }
    if (args.dbias) add_column_sums_on_cpu<T>(args.dy, args.dbias, scratch_);
  }
  void prepare(const LinearSpec& spec, const LinearArgs& args) override { onednn_.prepare(spec, args); }
  void prepare(const LinearSpec& spec, const LinearInputGradientArgs& args) override { onednn_.prepare(spec, args); }
  void prepare(const LinearWeightGradientArgs& args) override {
    if constexpr (!std::is_same_v<T, float>) onednn_.prepare(args);
  }
  void activate(const ActivateArgs& args) override { activate_on_cpu<T>(args); }
  void activate_backward(const ActivateBackwardArgs& args) override { activate_backward_on_cpu<T>(args); }
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) override {
    return spec.weight.dtype() == DType::kInt8 ? pack_quantized_for_cpu(spec) : onednn_.pack(spec);
  }
  void convolution(const PackedConvolution& weights, const ConvolutionArgs& args) override {
    if (is_quantized_for_cpu(weights)) return quantized_convolution_on_cpu(weights, args, scratch_);
    onednn_.convolution(weights, args);
  }
  void convolution_input_gradient(const PackedConvolution& weights, const ConvolutionInputGradientArgs& args) override {
    onednn_.convolution_input_gradient(weights, args);
  }
  void convolution_weight_gradient(const ConvolutionWeightGradientArgs& args) override {
    convolution_weight_gradient_on_cpu<T>(args, scratch_);
  }

  void batch_sums(const BatchSumsArgs& args) override { batch_sums_on_cpu<T>(args, scratch_); }
  void batch_moments(const BatchMomentsArgs& a) override {
    reference::batch_moments(a.sums.data<double>(), a.count, a.momentum, a.mean.num_elements(), a.mean.data<float>(),
                             a.var.data<float>(), a.running_mean.data<float>(), a.running_var.data<float>());
  }
  void batch_norm(const BatchNormArgs& args) override { batch_norm_on_cpu<T>(args, scratch_); }
  void batch_norm_backward_sums(const BatchNormBackwardSumsArgs& args) override {
    batch_norm_backward_sums_on_cpu<T>(args, scratch_);
  }
  void batch_norm_backward(const BatchNormBackwardArgs& args) override {
    batch_norm_backward_on_cpu<T>(args, scratch_);
  }

  void layer_norm(const LayerNormArgs& a) override {
    const bool to_float = a.y.dtype() == DType::kFloat32;
    for_rows(a.x, [&](int64_t r) {
      const float* x = a.x.template data<float>() + r * a.x.shape()[1];
      const float *weight = a.weight.template data<float>(), *bias = a.bias.template data<float>();
      const auto eps = static_cast<float>(a.eps);
      const int64_t width = a.x.shape()[1];
      if (to_float) {
        kernels::layer_norm(x, weight, bias, eps, width, static_cast<float*>(a.y.raw()) + r * width);
      } else {
        kernels::layer_norm(x, weight, bias, eps, width, static_cast<uint16_t*>(a.y.raw()) + r * width);
      }
    });
  }

  void layer_norm_backward(const LayerNormBackwardArgs& args) override { layer_norm_backward_on_cpu(args, scratch_); }

  void attention(const AttentionArgs& a) override {
    const int64_t width = a.q.shape()[1], head = width / a.heads;
    const auto sequences = static_cast<int64_t>(a.starts.size()) - 1;
    int64_t longest = 0;
    for (int64_t n = 0; n < sequences; ++n) longest = std::max(longest, keys_of(a, n));
    const int64_t per_thread = kernels::attention_scratch(longest, head);
    float* scratch = thread_scratch(per_thread);
    parallel_for_dynamic(sequences * a.heads, [&](int64_t task) {
      const int64_t n = task / a.heads, column = task % a.heads * head;
      const auto q_start = a.q_starts[static_cast<size_t>(n)], start = a.starts[static_cast<size_t>(n)];
      const T* q = elements(a.q) + q_start * width + column;
      const T* k = elements(a.kv) + start * 2 * width + column;
      kernels::attention({.nq = a.q_starts[static_cast<size_t>(n) + 1] - q_start,
                          .nk = keys_of(a, n),
                          .Dh = head,
                          .q_stride = width,
                          .kv_stride = 2 * width,
                          .causal = a.causal,
                          .scratch = scratch + compute_thread_index() * per_thread},
                         q, k, k + width, elements(a.out) + q_start * width + column);
    });
  }

  void attention_backward(const AttentionBackwardArgs& args) override { attention_backward_on_cpu<T>(args, scratch_); }

  std::unique_ptr<PackedPooledAttention> pack(const PooledAttentionSpec& spec) override {
    return pack_pooled_attention_for_cpu(spec);
  }
  void pooled_attention(const PackedPooledAttention& weights, const PooledAttentionArgs& args) override {
    pooled_attention_on_cpu(weights, args, scratch_);
  }
  void pooled_attention_backward(const PackedPooledAttention& weights,
                                 const PooledAttentionBackwardArgs& args) override {
    pooled_attention_backward_on_cpu(weights, args, scratch_);
  }

  void embed_tokens(const EmbedTokensArgs& a) override {
    const int64_t width = a.table.shape()[1];
    const size_t row_bytes = static_cast<size_t>(width) * size_bytes(a.table.dtype());
    parallel_for(static_cast<int64_t>(a.ids.size()), [&](int64_t r) {
      float* y = a.y.template data<float>() + r * width;
      const int32_t id = a.ids[static_cast<size_t>(r)];
      if (id < 0) return std::fill(y, y + width, 0.0f), void();
      const auto* row = static_cast<const char*>(a.table.raw()) + static_cast<size_t>(id) * row_bytes;
      convert_to_float(row, a.table.dtype(), y, width);
      const float* position = a.positions.template data<float>() + a.index[static_cast<size_t>(r)] * width;
      for (int64_t d = 0; d < width; ++d) y[d] += position[d];
    });
  }

  void embed_tokens_backward(const EmbedTokensBackwardArgs& args) override { embed_tokens_backward_on_cpu(args); }

  void patches(const PatchesArgs& a) override {
    const Shape& s = a.pixels.shape();
    const int64_t P = a.patch, columns = s[3] / P, strip = columns * s[1] * P * P;
    // One row of patches is a picture of its own that is P pixels high, if the planes' distance is kept.
    parallel_for(s[0] * (s[2] / P), [&](int64_t task) {
      const int64_t n = task / (s[2] / P), i = task % (s[2] / P);
      T* y = elements(a.y) + task * strip;
      for (int64_t j = 0; j < columns; ++j) {
        for (int64_t c = 0; c < s[1]; ++c) {
          for (int64_t row = 0; row < P; ++row, y += P) {
            copy(a.pixels.template data<float>() + ((n * s[1] + c) * s[2] + i * P + row) * s[3] + j * P, P, y);
          }
        }
      }
    });
  }

  void embed_patches(const EmbedPatchesArgs& a) override {
    const int64_t length = a.positions.shape()[0], width = a.positions.shape()[1];
    parallel_for(a.x.shape()[0] / length, [&](int64_t n) {
      reference::embed_patches(a.patches.template data<float>() + n * (length - 1) * width,
                               a.class_embedding.template data<float>(), a.positions.template data<float>(), 1, length,
                               width, a.x.template data<float>() + n * length * width);
    });
  }

  void embed_patches_backward(const EmbedPatchesBackwardArgs& args) override { embed_patches_backward_on_cpu<T>(args); }

  void channels_last(const ChannelsLastArgs& a) override {
    const Shape& s = a.x.shape();
    const int64_t size = s[1] * s[3];
    float* scratch = thread_scratch(size);
    parallel_for(s[0] * s[2], [&](int64_t task) {
      const int64_t n = task / s[2], h = task % s[2];
      float* row = scratch + compute_thread_index() * size;
      for (int64_t c = 0; c < s[1]; ++c) {
        const float* from = a.x.template data<float>() + ((n * s[1] + c) * s[2] + h) * s[3];
        for (int64_t w = 0; w < s[3]; ++w) row[w * s[1] + c] = from[w];
      }
      copy(row, size, elements(a.y) + task * size);
    });
  }

  void average_pool(const AveragePoolArgs& a) override {
    const Shape& s = a.x.shape();
    const int64_t rows = s[1] / 2, stride = s[2] * s[3];
    parallel_for(s[0] * rows, [&](int64_t task) {
      const T* top = elements(a.x) + (task / rows * s[1] + task % rows * 2) * stride;
      kernels::average_pool(top, top + stride, s[2] / 2, s[3], elements(a.y) + task * (s[2] / 2) * s[3]);
    });
  }

  void average_pool_backward(const AveragePoolBackwardArgs& args) override { average_pool_backward_on_cpu<T>(args); }
  void mean_token_backward(const MeanTokenBackwardArgs& args) override { mean_token_backward_on_cpu<T>(args); }

  void mean_token(const MeanTokenArgs& a) override {
    const Shape& s = a.x.shape();
    parallel_for(s[0], [&](int64_t n) {
      kernels::mean_token(elements(a.x) + n * s[1] * s[2], a.positions.template data<float>(), s[1], s[2],
                          elements(a.y) + n * (1 + s[1]) * s[2]);
    });
  }

  void gather_rows(const GatherRowsArgs& a) override {
    const size_t bytes = static_cast<size_t>(a.x.shape()[1]) * size_bytes(a.x.dtype());
    for (size_t i = 0; i < a.rows.size(); ++i) {
      std::memcpy(static_cast<char*>(a.y.raw()) + i * bytes,
                  static_cast<const char*>(a.x.raw()) + static_cast<size_t>(a.rows[i]) * bytes, bytes);
    }
  }

  void scatter_add_rows(const ScatterAddRowsArgs& a) override {
    const int64_t width = a.y.shape()[1];
    parallel_for(static_cast<int64_t>(a.rows.size()), [&](int64_t i) {
      kernels::accumulate(a.x.template data<float>() + i * width, width,
                          a.y.template data<float>() + a.rows[static_cast<size_t>(i)] * width);
    });
  }

  void add(const AddArgs& a) override {
    const auto add_as = [&](auto* y) {
      const auto *left = static_cast<decltype(y)>(a.a.raw()), *right = static_cast<decltype(y)>(a.b.raw());
      parallel_for_pieces(a.y.num_elements(), [&](int64_t begin, int64_t count) {
        kernels::add(left + begin, right + begin, count, y + begin);
      });
    };
    if (a.y.dtype() == DType::kFloat32) return add_as(static_cast<float*>(a.y.raw()));
    add_as(static_cast<uint16_t*>(a.y.raw()));
  }

  void convert(const ConvertArgs& a) override {
    parallel_for_pieces(a.x.num_elements(), [&](int64_t begin, int64_t count) {
      if (a.x.dtype() == a.y.dtype()) {
        std::memcpy(static_cast<char*>(a.y.raw()) + static_cast<size_t>(begin) * size_bytes(a.y.dtype()),
                    static_cast<const char*>(a.x.raw()) + static_cast<size_t>(begin) * size_bytes(a.x.dtype()),
                    static_cast<size_t>(count) * size_bytes(a.x.dtype()));
      } else if (a.x.dtype() == DType::kFloat32) {
        kernels::convert(static_cast<const float*>(a.x.raw()) + begin, count,
                         static_cast<uint16_t*>(a.y.raw()) + begin);
      } else {
        kernels::convert(static_cast<const uint16_t*>(a.x.raw()) + begin, count,
                         static_cast<float*>(a.y.raw()) + begin);
      }
    });
  }

  void normalize_rows(const NormalizeRowsArgs& a) override {
    const int64_t width = a.x.shape()[1];
    for_rows(a.x, [&](int64_t r) {
      kernels::normalize(a.x.template data<float>() + r * width, width, a.y.template data<float>() + r * width);
    });
  }

  void normalize_rows_backward(const NormalizeRowsBackwardArgs& a) override {
    const int64_t width = a.x.shape()[1];
    for_rows(a.x, [&](int64_t r) {
      reference::normalize_rows_backward(a.x.template data<float>() + r * width,
                                         a.dy.template data<float>() + r * width, 1, width,
                                         a.dx.template data<float>() + r * width);
    });
  }

  void softmax_rows(const SoftmaxRowsArgs& a) override {
    const int64_t width = a.x.shape()[1];
    for_rows(a.x, [&](int64_t r) {
      kernels::softmax(a.x.template data<float>() + r * width, width, a.y.template data<float>() + r * width);
    });
  }

  void similarity(const SimilarityArgs& a) override {
    constexpr int64_t kBlock = 64;  // rows of b that stay in the cache while several rows of a pass over them
    const int64_t m = a.a.shape()[0], n = a.b.shape()[0], k = a.a.shape()[1], blocks = (n + kBlock - 1) / kBlock;
    parallel_for(blocks, [&](int64_t block) {
      const int64_t first = block * kBlock, count = std::min(kBlock, n - first);
      for (int64_t i = 0; i < m; ++i) {
        kernels::similarity(a.a.template data<float>() + i * k, a.b.template data<float>() + first * k,
                            static_cast<float>(a.alpha), count, k, a.c.template data<float>() + i * n + first);
      }
    });
  }

  void contrastive_loss(const ContrastiveLossArgs& args) override { contrastive_loss_on_cpu(args, scratch_); }
  void contrastive_loss_backward(const ContrastiveLossBackwardArgs& args) override {
    contrastive_loss_backward_on_cpu(args, scratch_);
  }
  void adamw(const AdamWArgs& args) override { adamw_on_cpu(args); }
  void sum_of_squares(const SumOfSquaresArgs& args) override { sum_of_squares_on_cpu(args, scratch_); }
  void blend(const BlendArgs& args) override { blend_on_cpu(args); }
  void clamp(const ClampArgs& a) override {
    for (float& x : a.x.template span<float>())
      x = std::clamp(x, static_cast<float>(a.low), static_cast<float>(a.high));
  }

 private:
  static T* elements(const TensorView& tensor) { return static_cast<T*>(tensor.raw()); }
  static int64_t keys_of(const AttentionArgs& a, int64_t n) {
    return a.starts[static_cast<size_t>(n) + 1] - a.starts[static_cast<size_t>(n)];
  }
  static void copy(const float* from, int64_t n, float* to) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
  }
  static void copy(const float* from, int64_t n, uint16_t* to) { kernels::convert(from, n, to); }

  // That many floats for each compute thread, one thread's after the other's. Valid until the next call.
  float* thread_scratch(int64_t floats_per_thread) {
    return scratch_floats(scratch_, floats_per_thread * num_compute_threads());
  }

  template <class Body>
  static void for_rows(const TensorView& x, const Body& body) {
    constexpr int64_t kRows = 8;  // fewer are not worth another thread
    const int64_t rows = x.shape()[0];
    parallel_for((rows + kRows - 1) / kRows, [&](int64_t block) {
      for (int64_t r = block * kRows; r < std::min(rows, (block + 1) * kRows); ++r) body(r);
    });
  }

  OneDnn onednn_;
  Tensor scratch_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(DType operands) {
  if (operands == DType::kInt8) operands = has_bf16_products() ? DType::kBFloat16 : DType::kFloat32;
  if (operands == DType::kBFloat16) return std::make_unique<CpuBackend<uint16_t>>();
  CLIPKIT_CHECK(operands == DType::kFloat32, "the CPU backend multiplies float32, bfloat16 or int8, not ",
                to_string(operands));
  return std::make_unique<CpuBackend<float>>();
}

}  // namespace clipkit
