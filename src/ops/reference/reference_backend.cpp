#include "ops/reference/reference_backend.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "ops/reference/attention.h"
#include "ops/reference/batch_norm.h"
#include "ops/reference/contrastive_loss.h"
#include "ops/reference/convolution.h"
#include "ops/reference/embedding.h"
#include "ops/reference/layer_norm.h"
#include "ops/reference/linear.h"
#include "ops/reference/optimizer.h"
#include "ops/reference/pooling.h"
#include "ops/reference/quantized_convolution.h"
#include "ops/reference/similarity.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

template <class T>
constexpr DType kDType = std::is_same_v<T, double> ? DType::kFloat64 : DType::kFloat32;

// Any floating tensor as a plain one of T.
template <class T>
Tensor as_plain(const TensorView& from) {
  CLIPKIT_CHECK(from || from.num_elements() == 0, "the reference reads weights as they are, not laid out");
  Tensor result = Tensor::empty(from.shape(), kDType<T>);
  const int64_t n = from.num_elements();
  if (from.dtype() == kDType<T>) {
    std::memcpy(result.view().raw(), from.raw(), from.bytes());
  } else if constexpr (std::is_same_v<T, float>) {
    convert_to_float(from.raw(), from.dtype(), result.data<float>(), n);
  } else {  // 16-bit floats and float32 pass through float32 without loss
    std::vector<float> single(static_cast<size_t>(n));
    convert_to_float(from.raw(), from.dtype(), single.data(), n);
    std::copy(single.begin(), single.end(), result.data<double>());
  }
  return result;
}

template <class T>
struct PlainLinear : PackedLinear {
  explicit PlainLinear(const LinearSpec& spec)
      : PackedLinear(spec.weight.shape()[spec.transposed ? 0 : 1], spec.weight.shape()[spec.transposed ? 1 : 0]),
        weight(as_plain<T>(spec.weight)) {
    if (spec.bias) bias = as_plain<T>(spec.bias);
    if (spec.transposed) weight = turned();
  }
  Tensor turned() const {
    const int64_t rows = weight.shape()[0], columns = weight.shape()[1];
    Tensor result = Tensor::empty({columns, rows}, kDType<T>);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) result.data<T>()[c * rows + r] = weight.data<T>()[r * columns + c];
    }
    return result;
  }
  Tensor weight, bias;  // (out, in)
};

template <class T>
struct PlainQuantizedLinear : PackedLinear {
  explicit PlainQuantizedLinear(const LinearSpec& spec)
      : PackedLinear(spec.weight.shape()[1], spec.weight.shape()[0]),
        weight(Tensor::copy_of(spec.weight)),
        scales(as_plain<T>(spec.scales)),
        input_scales(as_plain<T>(spec.input_scales)) {
    if (spec.bias) bias = as_plain<T>(spec.bias);
  }
  Tensor weight, scales, input_scales, bias;
};

template <class T>
struct PlainConvolution : PackedConvolution {
  explicit PlainConvolution(const ConvolutionSpec& spec) : PackedConvolution(spec), weight(as_plain<T>(spec.weight)) {
    if (spec.bias) bias = as_plain<T>(spec.bias);
  }
  Tensor weight, bias;
};

template <class T>
struct PlainQuantizedConvolution : PackedConvolution {
  explicit PlainQuantizedConvolution(const ConvolutionSpec& spec)
      : PackedConvolution(spec),
        weight(Tensor::copy_of(spec.weight)),
        scales(as_plain<T>(spec.scales)),
        input_scales(as_plain<T>(spec.input_scales)) {
    if (spec.bias) bias = as_plain<T>(spec.bias);
  }
  Tensor weight, scales, input_scales, bias;
};

template <class T>
struct PlainPooledAttention : PackedPooledAttention {
  explicit PlainPooledAttention(const PooledAttentionSpec& spec)
      : PackedPooledAttention(spec),
        k_weight(as_plain<T>(spec.k_weight)),
        v_weight(as_plain<T>(spec.v_weight)),
        k_bias(as_plain<T>(spec.k_bias)),
        v_bias(as_plain<T>(spec.v_bias)) {}
  Tensor k_weight, v_weight, k_bias, v_bias;
};

template <class T>
class ReferenceBackend : public Backend {
 public:
  Device device() const override { return {}; }
  DType operand_dtype() const override { return kDType<T>; }
  DType sum_dtype() const override { return kDType<T>; }
  Tensor allocate(Shape shape, DType dtype) override { return Tensor::empty(shape, dtype); }
  Tensor upload(const Tensor& host, bool keep_dtype) override {
    if (keep_dtype || host.dtype() == kDType<T>) return {host.view(), host.owner()};
    return as_plain<T>(host);
  }
  Tensor upload_copy(const Tensor& host) override { return as_plain<T>(host); }
  void zero(TensorView tensor) override { std::memset(tensor.raw(), 0, tensor.bytes()); }
  void download(TensorView from, TensorView host) override {
    if (from.dtype() == host.dtype()) {
      std::memcpy(host.raw(), from.raw(), from.bytes());
    } else {
      const auto source = from.span<T>();
      for (size_t i = 0; i < source.size(); ++i) host.data<float>()[i] = static_cast<float>(source[i]);
    }
  }
  void assign(TensorView host, TensorView to) override {
    if (host.dtype() == to.dtype()) {
      std::memcpy(to.raw(), host.raw(), host.bytes());
    } else {
      std::copy_n(host.data<float>(), host.num_elements(), to.data<T>());
    }
  }
  void synchronize() override {}
  int64_t padded_rows(int64_t rows) const override { return rows; }

  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) override {
    if (spec.weight.dtype() == DType::kInt8) return std::make_unique<PlainQuantizedLinear<T>>(spec);
    return std::make_unique<PlainLinear<T>>(spec);
  }
  void repack(PackedLinear& packed, const LinearSpec& spec) override {
    static_cast<PlainLinear<T>&>(packed) = PlainLinear<T>(spec);
  }
  void linear(const PackedLinear& packed, const LinearArgs& a) override {
    if (const auto* q = dynamic_cast<const PlainQuantizedLinear<T>*>(&packed)) {
      return reference::quantized_linear<T>(a.x.data<T>(), q->weight.template data<int8_t>(),
                                            q->scales.template data<T>(), q->input_scales.template data<T>(),
                                            optional(q->bias), a.activation, optional(a.residual), a.x.shape()[0],
                                            q->in(), q->out(), a.y.data<T>());
    }
    const auto& w = static_cast<const PlainLinear<T>&>(packed);
    reference::linear<T>(a.x.data<T>(), w.weight.template data<T>(), optional(w.bias), a.activation,
                         optional(a.residual), a.x.shape()[0], w.in(), w.out(), a.y.data<T>());
  }
  void linear_input_gradient(const PackedLinear& packed, const LinearInputGradientArgs& a) override {
    const Tensor turned = static_cast<const PlainLinear<T>&>(packed).turned();
    reference::linear<T>(a.dy.data<T>(), turned.data<T>(), nullptr, {}, optional(a.residual), a.dy.shape()[0],
                         packed.out(), packed.in(), a.dx.data<T>());
  }
  void linear_weight_gradient(const LinearWeightGradientArgs& a) override {
    const int64_t in = a.x.shape()[1], out = a.dy.shape()[1];
    reference::linear_weight_gradient<T>(a.x.data<T>(), a.dy.data<T>(), a.x.shape()[0], in, out, a.transposed ? 1 : in,
                                         a.transposed ? out : 1, a.dweight.data<T>(),
                                         a.dbias ? a.dbias.data<T>() : nullptr);
  }
  void activate(const ActivateArgs& a) override {
    for (int64_t i = 0; i < a.x.num_elements(); ++i)
      a.y.data<T>()[i] = reference::activate(a.activation, a.x.data<T>()[i]);
  }
  void activate_backward(const ActivateBackwardArgs& a) override {
    for (int64_t i = 0; i < a.x.num_elements(); ++i) {
      a.dx.data<T>()[i] = a.dy.data<T>()[i] * reference::activate_slope(a.activation, a.x.data<T>()[i]);
    }
  }
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) override {
    if (spec.weight.dtype() == DType::kInt8) return std::make_unique<PlainQuantizedConvolution<T>>(spec);
    return std::make_unique<PlainConvolution<T>>(spec);
  }
  void convolution(const PackedConvolution& packed, const ConvolutionArgs& a) override {
    const Shape& s = a.x.shape();
    if (const auto* q = dynamic_cast<const PlainQuantizedConvolution<T>*>(&packed)) {
      return reference::quantized_convolution<T>(
          a.x.data<T>(), q->weight.template data<int8_t>(), q->scales.template data<T>(),
          q->input_scales.template data<T>(), optional(q->bias), optional(a.residual), a.relu, s[0], s[1], s[2], s[3],
          q->out_channels(), q->kernel(), q->stride(), q->padding(), a.y.data<T>());
    }
    const auto& w = static_cast<const PlainConvolution<T>&>(packed);
    reference::convolution<T>(a.x.data<T>(), w.weight.template data<T>(), optional(w.bias), optional(a.residual),
                              a.relu, s[0], s[1], s[2], s[3], w.out_channels(), w.kernel(), w.stride(), w.padding(),
                              a.y.data<T>());
  }
  void convolution_input_gradient(const PackedConvolution& packed, const ConvolutionInputGradientArgs& a) override {
    const auto& w = static_cast<const PlainConvolution<T>&>(packed);
    const Shape& s = a.dx.shape();
    reference::convolution_input_gradient<T>(a.dy.data<T>(), w.weight.template data<T>(), s[0], s[1], s[2], s[3],
                                             w.out_channels(), w.kernel(), w.stride(), w.padding(), a.dx.data<T>());
  }
  void convolution_weight_gradient(const ConvolutionWeightGradientArgs& a) override {
    const Shape& s = a.x.shape();
    reference::convolution_weight_gradient<T>(a.x.data<T>(), a.dy.data<T>(), s[0], s[1], s[2], s[3], a.dy.shape()[3],
                                              a.dweight.shape()[2], a.stride, a.padding, a.dweight.data<T>());
  }
  void batch_sums(const BatchSumsArgs& a) override {
    reference::batch_sums<T>(a.x.data<T>(), a.x.shape()[0], a.x.shape()[1], a.sums.data<double>());
  }
  void batch_moments(const BatchMomentsArgs& a) override {
    reference::batch_moments<T>(a.sums.data<double>(), a.count, a.momentum, a.mean.num_elements(), a.mean.data<T>(),
                                a.var.data<T>(), a.running_mean.data<T>(), a.running_var.data<T>());
  }
  void batch_norm(const BatchNormArgs& a) override {
    reference::batch_norm<T>(a.x.data<T>(), a.mean.data<T>(), a.var.data<T>(), T(a.eps), a.weight.data<T>(),
                             a.bias.data<T>(), a.relu, optional(a.residual), a.x.shape()[0], a.x.shape()[1],
                             a.y.data<T>());
  }
  void batch_norm_backward_sums(const BatchNormBackwardSumsArgs& a) override {
    reference::batch_norm_backward_sums<T>(a.x.data<T>(), a.mean.data<T>(), a.var.data<T>(), T(a.eps), optional(a.y),
                                           a.dy.data<T>(), a.x.shape()[0], a.x.shape()[1], a.sums.data<double>(),
                                           a.dweight ? a.dweight.data<T>() : nullptr,
                                           a.dbias ? a.dbias.data<T>() : nullptr);
  }
  void batch_norm_backward(const BatchNormBackwardArgs& a) override {
    reference::batch_norm_backward<T>(a.x.data<T>(), a.mean.data<T>(), a.var.data<T>(), T(a.eps), a.weight.data<T>(),
                                      a.dy.data<T>(), a.sums ? a.sums.data<double>() : nullptr, a.count, a.x.shape()[0],
                                      a.x.shape()[1], a.dx.data<T>());
  }
  void layer_norm(const LayerNormArgs& a) override {
    reference::layer_norm<T>(a.x.data<T>(), a.weight.data<T>(), a.bias.data<T>(), T(a.eps), a.x.shape()[0],
                             a.x.shape()[1], a.y.data<T>());
  }
  void layer_norm_backward(const LayerNormBackwardArgs& a) override {
    reference::layer_norm_backward<T>(a.x.data<T>(), a.weight.data<T>(), T(a.eps), a.dy.data<T>(), a.x.shape()[0],
                                      a.x.shape()[1], a.dx.data<T>(), a.dweight ? a.dweight.data<T>() : nullptr,
                                      a.dbias ? a.dbias.data<T>() : nullptr);
  }
  void attention(const AttentionArgs& a) override {
    const int64_t width = a.q.shape()[1], head = width / a.heads;
    for (size_t n = 0; n + 1 < a.starts.size(); ++n) {
      for (int64_t h = 0; h < a.heads; ++h) {
        const T* q = a.q.data<T>() + a.q_starts[n] * width + h * head;
        const T* k = a.kv.data<T>() + a.starts[n] * 2 * width + h * head;
        reference::attention<T>(q, k, k + width, a.q_starts[n + 1] - a.q_starts[n], a.starts[n + 1] - a.starts[n], head,
                                width, 2 * width, a.causal, a.out.data<T>() + a.q_starts[n] * width + h * head);
      }
    }
  }
  void attention_backward(const AttentionBackwardArgs& a) override {
    const int64_t width = a.q.shape()[1], head = width / a.heads;
    std::fill_n(a.dkv.data<T>(), a.dkv.num_elements(), T(0));
    std::fill_n(a.dq.data<T>(), a.dq.num_elements(), T(0));
    for (size_t n = 0; n + 1 < a.starts.size(); ++n) {
      for (int64_t h = 0; h < a.heads; ++h) {
        const int64_t at = a.q_starts[n] * width + h * head, kv_at = a.starts[n] * 2 * width + h * head;
        const T* k = a.kv.data<T>() + kv_at;
        T* dk = a.dkv.data<T>() + kv_at;
        reference::attention_backward<T>(a.q.data<T>() + at, k, k + width, a.dout.data<T>() + at,
                                         a.q_starts[n + 1] - a.q_starts[n], a.starts[n + 1] - a.starts[n], head, width,
                                         2 * width, a.causal, a.dq.data<T>() + at, dk, dk + width);
      }
    }
  }
  std::unique_ptr<PackedPooledAttention> pack(const PooledAttentionSpec& spec) override {
    return std::make_unique<PlainPooledAttention<T>>(spec);
  }
  void pooled_attention(const PackedPooledAttention& packed, const PooledAttentionArgs& a) override {
    const auto& w = static_cast<const PlainPooledAttention<T>&>(packed);
    const int64_t rows = a.x.shape()[0], width = w.width(), head = width / w.heads();
    const Tensor k = Tensor::empty(a.x.shape(), kDType<T>), v = Tensor::empty(a.x.shape(), kDType<T>);
    reference::linear<T>(a.x.data<T>(), w.k_weight.template data<T>(), w.k_bias.template data<T>(), {}, nullptr, rows,
                         width, width, k.data<T>());
    reference::linear<T>(a.x.data<T>(), w.v_weight.template data<T>(), w.v_bias.template data<T>(), {}, nullptr, rows,
                         width, width, v.data<T>());
    for (size_t n = 0; n + 1 < a.starts.size(); ++n) {
      for (int64_t h = 0; h < w.heads(); ++h) {
        const int64_t at = static_cast<int64_t>(n) * width + h * head, first = a.starts[n] * width + h * head;
        reference::attention<T>(a.q.data<T>() + at, k.data<T>() + first, v.data<T>() + first, 1,
                                a.starts[n + 1] - a.starts[n], head, width, width, false, a.out.data<T>() + at);
      }
    }
  }
  void pooled_attention_backward(const PackedPooledAttention& packed, const PooledAttentionBackwardArgs& a) override {
    const auto& w = static_cast<const PlainPooledAttention<T>&>(packed);
    const int64_t rows = a.x.shape()[0], width = w.width(), head = width / w.heads();
    const T* x = a.x.data<T>();
    const T *k_weight = w.k_weight.template data<T>(), *v_weight = w.v_weight.template data<T>();
    const Tensor k = Tensor::empty(a.x.shape(), kDType<T>), v = Tensor::empty(a.x.shape(), kDType<T>);
    const Tensor dk = Tensor::zeros(a.x.shape(), kDType<T>), dv = Tensor::zeros(a.x.shape(), kDType<T>);
    reference::linear<T>(x, k_weight, w.k_bias.template data<T>(), {}, nullptr, rows, width, width, k.data<T>());
    reference::linear<T>(x, v_weight, w.v_bias.template data<T>(), {}, nullptr, rows, width, width, v.data<T>());
    for (size_t n = 0; n + 1 < a.starts.size(); ++n) {
      for (int64_t h = 0; h < w.heads(); ++h) {
        const int64_t at = static_cast<int64_t>(n) * width + h * head, first = a.starts[n] * width + h * head;
        reference::attention_backward<T>(a.q.data<T>() + at, k.data<T>() + first, v.data<T>() + first,
                                         a.dout.data<T>() + at, 1, a.starts[n + 1] - a.starts[n], head, width, width,
                                         false, a.dq.data<T>() + at, dk.data<T>() + first, dv.data<T>() + first);
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < width; ++i) {
        T sum = 0;
        for (int64_t o = 0; o < width; ++o) {
          sum += dk.data<T>()[r * width + o] * k_weight[o * width + i] +
                 dv.data<T>()[r * width + o] * v_weight[o * width + i];
        }
        a.dx.data<T>()[r * width + i] = sum;
      }
    }
    if (a.dk_weight) {
      reference::linear_weight_gradient<T>(x, dk.data<T>(), rows, width, width, width, 1, a.dk_weight.data<T>(),
                                           nullptr);
    }
    if (a.dv_weight) {
      reference::linear_weight_gradient<T>(x, dv.data<T>(), rows, width, width, width, 1, a.dv_weight.data<T>(),
                                           nullptr);
    }
    if (!a.dv_bias) return;
    for (int64_t i = 0; i < a.dout.num_elements(); ++i) a.dv_bias.data<T>()[i % width] += a.dout.data<T>()[i];
  }
  void embed_tokens(const EmbedTokensArgs& a) override {
    const int64_t width = a.table.shape()[1];
    for (size_t r = 0; r < a.ids.size(); ++r) {
      T* y = a.y.data<T>() + static_cast<int64_t>(r) * width;
      if (a.ids[r] < 0) {
        std::fill(y, y + width, T(0));
        continue;
      }
      const Tensor row = as_plain<T>(a.table.slice(a.ids[r], a.ids[r] + 1));
      const T* position = a.positions.data<T>() + a.index[r] * width;
      for (int64_t d = 0; d < width; ++d) y[d] = row.data<T>()[d] + position[d];
    }
  }
  void embed_tokens_backward(const EmbedTokensBackwardArgs& a) override {
    const auto accumulate = [](const TensorView& table, int32_t row, std::span<const T> dy) {
      if (!table) return;
      const auto to = table.row<T>(row);
      for (size_t d = 0; d < dy.size(); ++d) to[d] += dy[d];
    };
    for (size_t r = 0; r < a.ids.size(); ++r) {
      if (a.ids[r] < 0) continue;
      accumulate(a.dtable, a.ids[r], a.dy.row<T>(static_cast<int64_t>(r)));
      accumulate(a.dpositions, a.index[r], a.dy.row<T>(static_cast<int64_t>(r)));
    }
  }
  void patches(const PatchesArgs& a) override {
    const Shape& s = a.pixels.shape();
    reference::patches<float, T>(a.pixels.data<float>(), s[0], s[1], s[2], s[3], a.patch, a.y.data<T>());
  }
  void embed_patches(const EmbedPatchesArgs& a) override {
    const int64_t length = a.positions.shape()[0];
    reference::embed_patches<T>(a.patches.data<T>(), a.class_embedding.data<T>(), a.positions.data<T>(),
                                a.x.shape()[0] / length, length, a.positions.shape()[1], a.x.data<T>());
  }
  void embed_patches_backward(const EmbedPatchesBackwardArgs& a) override {
    const int64_t width = a.dx.shape()[1], batch = a.dx.shape()[0] / a.length;
    reference::embed_patches_backward<T>(a.dx.data<T>(), batch, a.length, width, a.dpatches.data<T>(),
                                         a.dclass_embedding ? a.dclass_embedding.data<T>() : nullptr,
                                         a.dpositions ? a.dpositions.data<T>() : nullptr);
  }
  void channels_last(const ChannelsLastArgs& a) override {
    const Shape& s = a.x.shape();
    const float* x = a.x.data<float>();
    T* y = a.y.data<T>();
    for (int64_t n = 0; n < s[0]; ++n) {
      for (int64_t i = 0; i < s[2] * s[3]; ++i) {
        for (int64_t c = 0; c < s[1]; ++c) *y++ = static_cast<T>(x[(n * s[1] + c) * s[2] * s[3] + i]);
      }
    }
  }
  void average_pool(const AveragePoolArgs& a) override {
    const Shape& s = a.x.shape();
    reference::average_pool<T>(a.x.data<T>(), s[0], s[1], s[2], s[3], a.y.data<T>());
  }
  void average_pool_backward(const AveragePoolBackwardArgs& a) override {
    const Shape& s = a.dx.shape();
    reference::average_pool_backward<T>(a.dy.data<T>(), s[0], s[1], s[2], s[3], a.dx.data<T>());
  }
  void mean_token(const MeanTokenArgs& a) override {
    const Shape& s = a.x.shape();
    reference::mean_token<T>(a.x.data<T>(), a.positions.data<T>(), s[0], s[1], s[2], a.y.data<T>());
  }
  void mean_token_backward(const MeanTokenBackwardArgs& a) override {
    const Shape& s = a.dx.shape();
    reference::mean_token_backward<T>(a.dy.data<T>(), s[0], s[1], s[2], a.dx.data<T>(),
                                      a.dpositions ? a.dpositions.data<T>() : nullptr);
  }
  void gather_rows(const GatherRowsArgs& a) override {
    for (size_t i = 0; i < a.rows.size(); ++i) {
      const auto row = a.x.row<T>(a.rows[i]);
      std::copy(row.begin(), row.end(), a.y.row<T>(static_cast<int64_t>(i)).begin());
    }
  }
  void scatter_add_rows(const ScatterAddRowsArgs& a) override {
    for (size_t i = 0; i < a.rows.size(); ++i) {
      const auto from = a.x.row<T>(static_cast<int64_t>(i)), to = a.y.row<T>(a.rows[i]);
      for (size_t d = 0; d < to.size(); ++d) to[d] += from[d];
    }
  }
  void add(const AddArgs& a) override {
    for (int64_t i = 0; i < a.y.num_elements(); ++i) a.y.data<T>()[i] = a.a.data<T>()[i] + a.b.data<T>()[i];
  }
  void convert(const ConvertArgs& a) override { std::memcpy(a.y.raw(), a.x.raw(), a.x.bytes()); }
  void normalize_rows(const NormalizeRowsArgs& a) override {
    reference::normalize_rows<T>(a.x.data<T>(), a.x.shape()[0], a.x.shape()[1], a.y.data<T>());
  }
  void normalize_rows_backward(const NormalizeRowsBackwardArgs& a) override {
    reference::normalize_rows_backward<T>(a.x.data<T>(), a.dy.data<T>(), a.x.shape()[0], a.x.shape()[1],
                                          a.dx.data<T>());
  }
  void softmax_rows(const SoftmaxRowsArgs& a) override {
    reference::softmax_rows<T>(a.x.data<T>(), a.x.shape()[0], a.x.shape()[1], a.y.data<T>());
  }
  void similarity(const SimilarityArgs& a) override {
    reference::similarity<T>(a.a.data<T>(), a.b.data<T>(), T(a.alpha), a.a.shape()[0], a.b.shape()[0], a.a.shape()[1],
                             a.c.data<T>());
  }
  void contrastive_loss(const ContrastiveLossArgs& a) override {
    const int64_t n = a.x.shape()[0], N = a.y.shape()[0], E = a.x.shape()[1];
    const T scale = std::exp(*a.logit_scale.data<T>());
    if (a.logit_bias) {
      reference::sigmoid_loss<T>(a.x.data<T>(), a.y.data<T>(), scale, *a.logit_bias.data<T>(), a.first, n, N, E,
                                 a.reduced.data<T>(), a.loss.data<T>());
    } else {
      reference::softmax_loss<T>(a.x.data<T>(), a.y.data<T>(), scale, a.first, n, N, E, a.reduced.data<T>(),
                                 a.loss.data<T>());
    }
  }
  void contrastive_loss_backward(const ContrastiveLossBackwardArgs& a) override {
    const int64_t n = a.x.shape()[0], N = a.y.shape()[0], E = a.x.shape()[1];
    const T scale = std::exp(*a.logit_scale.data<T>());
    T dlogit_scale = 0, dlogit_bias = 0;
    if (a.logit_bias) {
      reference::sigmoid_loss_backward<T>(a.x.data<T>(), a.y.data<T>(), scale, *a.logit_bias.data<T>(), a.first, n, N,
                                          E, T(a.factor), T(a.scalar_factor), a.dx.data<T>(), dlogit_scale,
                                          dlogit_bias);
    } else {
      reference::softmax_loss_backward<T>(a.x.data<T>(), a.y.data<T>(), scale, a.first, n, N, E, a.reduced.data<T>(),
                                          a.reduced_y.data<T>(), T(a.factor), T(a.scalar_factor), a.own_side_only,
                                          a.dx.data<T>(), dlogit_scale);
    }
    if (a.dlogit_scale) *a.dlogit_scale.data<T>() += dlogit_scale;
    if (a.dlogit_bias) *a.dlogit_bias.data<T>() += dlogit_bias;
  }
  void adamw(const AdamWArgs& a) override {
    const reference::AdamWFactors<T> factors(a);
    const uint32_t key = reference::rounding_key(a);
    for (int64_t i = 0; i < a.param.num_elements(); ++i) {
      const T grad = a.grad.data<T>()[i];
      T& param = a.param.data<T>()[i];
      if (a.m.dtype() != DType::kBFloat16) {
        reference::adamw<T>(factors, grad, param, a.m.data<T>()[i], a.v.data<T>()[i]);
        continue;
      }
      uint16_t &m_bits = static_cast<uint16_t*>(a.m.raw())[i], &v_bits = static_cast<uint16_t*>(a.v.raw())[i];
      T m = bfloat16_to_float(m_bits), v = bfloat16_to_float(v_bits);
      reference::adamw<T>(factors, grad, param, m, v);
      const uint32_t bits = reference::rounding_bits(key, i);
      m_bits = reference::round_to_bfloat16(static_cast<float>(m), bits & 0xFFFF);
      v_bits = reference::round_to_bfloat16(static_cast<float>(v), bits >> 16);
    }
  }
  void sum_of_squares(const SumOfSquaresArgs& a) override {
    for (const T x : a.x.span<T>()) *a.result.data<double>() += static_cast<double>(x) * static_cast<double>(x);
  }
  void blend(const BlendArgs& a) override {
    for (int64_t i = 0; i < a.y.num_elements(); ++i) {
      T& y = a.y.data<T>()[i];
      y += (a.x.data<T>()[i] - y) * T(a.factor);
    }
  }
  void clamp(const ClampArgs& a) override {
    for (T& x : a.x.span<T>()) x = std::clamp(x, T(a.low), T(a.high));
  }

 private:
  static const T* optional(const TensorView& tensor) { return tensor ? tensor.data<T>() : nullptr; }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend(DType dtype) {
  if (dtype == DType::kFloat64) return std::make_unique<ReferenceBackend<double>>();
  CLIPKIT_CHECK(dtype == DType::kFloat32, "the reference backend computes in float32 or float64, not ",
                to_string(dtype));
  return std::make_unique<ReferenceBackend<float>>();
}

}  // namespace clipkit
