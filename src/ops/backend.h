#pragma once

#include <memory>

#include "ops/activate.h"
#include "ops/attention.h"
#include "ops/batch_norm.h"
#include "ops/contrastive_loss.h"
#include "ops/convolution.h"
#include "ops/embedding.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"
#include "ops/optimizer.h"
#include "ops/pooled_attention.h"
#include "ops/pooling.h"
#include "ops/similarity.h"

namespace clipkit {

// The whole contract with the hardware, at the grain of the paper. Call it through ops::..., which checks the arguments
// once; an implementation trusts what it gets and is never asked for an empty result. Work is queued in call order; the
// host sees results after synchronize(). Not thread-safe: the compute thread alone calls it.
//
// Two element types run through a tower. Operands of matrix products have operand_dtype(); sums, the residual stream,
// normalisation and features have sum_dtype(). They are equal except where products are taken in bf16.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual Device device() const = 0;
  virtual DType operand_dtype() const = 0;
  virtual DType sum_dtype() const = 0;

  // Uninitialised, aligned to 64 bytes. Errors: kOutOfMemory.
  virtual Tensor allocate(Shape shape, DType dtype) = 0;
  // A parameter where the backend can read it, as sum_dtype() or, with keep_dtype, as stored. Shares the memory if it
  // can.
  virtual Tensor upload(const Tensor& host, bool keep_dtype = false) = 0;
  // The same as sum_dtype(), in memory that nobody shares: what training writes.
  virtual Tensor upload_copy(const Tensor& host) = 0;
  virtual void zero(TensorView tensor) = 0;
  // A tensor of sum_dtype() to the host, as it is or as float32; of another type as it is.
  virtual void download(TensorView from, TensorView host) = 0;
  // The other way round.
  virtual void assign(TensorView host, TensorView to) = 0;
  virtual void synchronize() = 0;

  // The smallest row count, at least `rows`, for which linear() has or will keep a plan: callers with ever-changing row
  // counts (packed texts) pad up to it.
  virtual int64_t padded_rows(int64_t rows) const = 0;

  virtual std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) = 0;
  virtual void repack(PackedLinear& weights, const LinearSpec& spec) = 0;
  virtual void linear(const PackedLinear& weights, const LinearArgs& args) = 0;
  virtual void linear_input_gradient(const PackedLinear& weights, const LinearInputGradientArgs& args) = 0;
  virtual void linear_weight_gradient(const LinearWeightGradientArgs& args) = 0;
  // Sets up what such a call would set up at its first time for its row count, for weights packed for training. Only
  // shapes and types are looked at.
  virtual void prepare(const LinearSpec&, const LinearArgs&) {}
  virtual void prepare(const LinearSpec&, const LinearInputGradientArgs&) {}
  virtual void prepare(const LinearWeightGradientArgs&) {}
  virtual void activate(const ActivateArgs& args) = 0;
  virtual void activate_backward(const ActivateBackwardArgs& args) = 0;
  virtual std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) = 0;
  virtual void convolution(const PackedConvolution& weights, const ConvolutionArgs& args) = 0;
  virtual void convolution_input_gradient(const PackedConvolution& weights,
                                          const ConvolutionInputGradientArgs& args) = 0;
  virtual void convolution_weight_gradient(const ConvolutionWeightGradientArgs& args) = 0;
  virtual void batch_sums(const BatchSumsArgs& args) = 0;
  virtual void batch_moments(const BatchMomentsArgs& args) = 0;
  virtual void batch_norm(const BatchNormArgs& args) = 0;
  virtual void batch_norm_backward_sums(const BatchNormBackwardSumsArgs& args) = 0;
  virtual void batch_norm_backward(const BatchNormBackwardArgs& args) = 0;
  virtual void layer_norm(const LayerNormArgs& args) = 0;
  virtual void layer_norm_backward(const LayerNormBackwardArgs& args) = 0;
  virtual void attention(const AttentionArgs& args) = 0;
  virtual void attention_backward(const AttentionBackwardArgs& args) = 0;
  virtual std::unique_ptr<PackedPooledAttention> pack(const PooledAttentionSpec& spec) = 0;
  virtual void pooled_attention(const PackedPooledAttention& weights, const PooledAttentionArgs& args) = 0;
  virtual void pooled_attention_backward(const PackedPooledAttention& weights,
                                         const PooledAttentionBackwardArgs& args) = 0;
  virtual void embed_tokens(const EmbedTokensArgs& args) = 0;
  virtual void embed_tokens_backward(const EmbedTokensBackwardArgs& args) = 0;
  virtual void patches(const PatchesArgs& args) = 0;
  virtual void embed_patches(const EmbedPatchesArgs& args) = 0;
  virtual void embed_patches_backward(const EmbedPatchesBackwardArgs& args) = 0;
  virtual void channels_last(const ChannelsLastArgs& args) = 0;
  virtual void average_pool(const AveragePoolArgs& args) = 0;
  virtual void average_pool_backward(const AveragePoolBackwardArgs& args) = 0;
  virtual void mean_token(const MeanTokenArgs& args) = 0;
  virtual void mean_token_backward(const MeanTokenBackwardArgs& args) = 0;
  virtual void gather_rows(const GatherRowsArgs& args) = 0;
  virtual void scatter_add_rows(const ScatterAddRowsArgs& args) = 0;
  virtual void add(const AddArgs& args) = 0;
  virtual void convert(const ConvertArgs& args) = 0;
  virtual void normalize_rows(const NormalizeRowsArgs& args) = 0;
  virtual void normalize_rows_backward(const NormalizeRowsBackwardArgs& args) = 0;
  virtual void softmax_rows(const SoftmaxRowsArgs& args) = 0;
  virtual void similarity(const SimilarityArgs& args) = 0;
  virtual void contrastive_loss(const ContrastiveLossArgs& args) = 0;
  virtual void contrastive_loss_backward(const ContrastiveLossBackwardArgs& args) = 0;
  virtual void adamw(const AdamWArgs& args) = 0;
  virtual void sum_of_squares(const SumOfSquaresArgs& args) = 0;
  virtual void blend(const BlendArgs& args) = 0;
  virtual void clamp(const ClampArgs& args) = 0;
};

}  // namespace clipkit
