#pragma once

#include <cstddef>

#include "ops/backend.h"

namespace clipkit {

// A backend that computes nothing: what runs on it shows how much memory and arithmetic it would take, before a byte of
// it is touched. Memory is address space alone, which reads as zeros.
class PlanningBackend : public Backend {
 public:
  // Stands in for this one, which it borrows.
  explicit PlanningBackend(const Backend& real) : real_(real) {}
  // The same, and lets it set up what the layers' calls will need (Backend::prepare).
  explicit PlanningBackend(Backend* real) : real_(*real), prepared_(real) {}

  double gflop() const noexcept { return gflop_; }                // of the layers' products; two per multiply-add
  size_t packed_bytes() const noexcept { return packed_bytes_; }  // copies that pack() would have made

  Device device() const override { return real_.device(); }
  DType operand_dtype() const override { return real_.operand_dtype(); }
  DType sum_dtype() const override { return real_.sum_dtype(); }
  Tensor allocate(Shape shape, DType dtype) override;
  Tensor upload(const Tensor& host, bool) override { return {host.view(), host.owner()}; }
  Tensor upload_copy(const Tensor& host) override { return allocate(host.shape(), sum_dtype()); }
  void zero(TensorView) override {}
  void download(TensorView, TensorView host) override;
  void assign(TensorView, TensorView) override {}
  void synchronize() override {}
  int64_t padded_rows(int64_t rows) const override { return real_.padded_rows(rows); }

  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) override;
  void repack(PackedLinear&, const LinearSpec&) override {}
  void linear(const PackedLinear& w, const LinearArgs& a) override;
  void linear_input_gradient(const PackedLinear& w, const LinearInputGradientArgs& a) override;
  void linear_weight_gradient(const LinearWeightGradientArgs& a) override;
  void activate(const ActivateArgs&) override {}
  void activate_backward(const ActivateBackwardArgs&) override {}
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) override;
  void convolution(const PackedConvolution& w, const ConvolutionArgs& a) override { products_of(w, a.y.shape()); }
  void convolution_input_gradient(const PackedConvolution& w, const ConvolutionInputGradientArgs& a) override {
    products_of(w, a.dy.shape());
  }
  void convolution_weight_gradient(const ConvolutionWeightGradientArgs& a) override {
    products(a.dy.num_elements() / a.dy.shape()[3], a.dweight.num_elements());
  }
  void batch_sums(const BatchSumsArgs&) override {}
  void batch_moments(const BatchMomentsArgs&) override {}
  void batch_norm(const BatchNormArgs&) override {}
  void batch_norm_backward_sums(const BatchNormBackwardSumsArgs&) override {}
  void batch_norm_backward(const BatchNormBackwardArgs&) override {}
  void layer_norm(const LayerNormArgs&) override {}
  void layer_norm_backward(const LayerNormBackwardArgs&) override {}
  void attention(const AttentionArgs& a) override { attention_products(2, a.starts, a.q_starts, a.q.shape()[1]); }
  void attention_backward(const AttentionBackwardArgs& a) override {
    attention_products(5, a.starts, a.q_starts, a.q.shape()[1]);
  }
  std::unique_ptr<PackedPooledAttention> pack(const PooledAttentionSpec& spec) override;
  void pooled_attention(const PackedPooledAttention& w, const PooledAttentionArgs& a) override {
    products(a.q.shape()[0], 2 * w.width() * w.width());
  }
  void pooled_attention_backward(const PackedPooledAttention& w, const PooledAttentionBackwardArgs& a) override {
    products(a.q.shape()[0], 4 * w.width() * w.width());
  }
  void embed_tokens(const EmbedTokensArgs&) override {}
  void embed_tokens_backward(const EmbedTokensBackwardArgs&) override {}
  void patches(const PatchesArgs&) override {}
  void embed_patches(const EmbedPatchesArgs&) override {}
  void embed_patches_backward(const EmbedPatchesBackwardArgs&) override {}
  void channels_last(const ChannelsLastArgs&) override {}
  void average_pool(const AveragePoolArgs&) override {}
  void average_pool_backward(const AveragePoolBackwardArgs&) override {}
  void mean_token(const MeanTokenArgs&) override {}
  void mean_token_backward(const MeanTokenBackwardArgs&) override {}
  void gather_rows(const GatherRowsArgs&) override {}
  void scatter_add_rows(const ScatterAddRowsArgs&) override {}
  void add(const AddArgs&) override {}
  void convert(const ConvertArgs&) override {}
  void normalize_rows(const NormalizeRowsArgs&) override {}
  void normalize_rows_backward(const NormalizeRowsBackwardArgs&) override {}
  void softmax_rows(const SoftmaxRowsArgs&) override {}
  void similarity(const SimilarityArgs&) override {}
  void contrastive_loss(const ContrastiveLossArgs&) override {}
  void contrastive_loss_backward(const ContrastiveLossBackwardArgs&) override {}
  void adamw(const AdamWArgs&) override {}
  void sum_of_squares(const SumOfSquaresArgs&) override {}
  void blend(const BlendArgs&) override {}
  void clamp(const ClampArgs&) override {}

 private:
  void products(int64_t rows, int64_t weights) {
    gflop_ += 2e-9 * static_cast<double>(rows) * static_cast<double>(weights);
  }
  void products_of(const PackedConvolution& w, const Shape& y) {
    products(y[0] * y[1] * y[2], w.in_channels() * w.out_channels() * w.kernel() * w.kernel());
  }
  void attention_products(int number, std::span<const int64_t> starts, std::span<const int64_t> q_starts,
                          int64_t width);

  const Backend& real_;
  Backend* prepared_ = nullptr;
  double gflop_ = 0;
  size_t packed_bytes_ = 0;
};

}  // namespace clipkit
