#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/concat.h"
#include "clipkit/error.h"
#include "support/tensors.h"

// For tests of what ops::... refuse before a backend is called: every wrong argument is an Error that names operation
// and tensor.

namespace clipkit::testing {

inline void expect_refused(const std::function<void()>& call, const std::vector<std::string>& words) {
  try {
    call();
    ADD_FAILURE() << "not refused: " << ::testing::PrintToString(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

// A backend whose operand and sum types differ, so that each type check counts: nothing is ever computed on it.
class TwoTypes : public Backend {
 public:
  explicit TwoTypes(Backend& storage) : storage_(storage) {}
  Device device() const override { return {}; }
  DType operand_dtype() const override { return DType::kBFloat16; }
  DType sum_dtype() const override { return DType::kFloat32; }
  Tensor allocate(Shape shape, DType dtype) override { return storage_.allocate(shape, dtype); }
  Tensor upload(const Tensor& host, bool keep) override { return storage_.upload(host, keep); }
  Tensor upload_copy(const Tensor& host) override { return storage_.upload_copy(host); }
  void zero(TensorView tensor) override { storage_.zero(tensor); }
  void download(TensorView, TensorView) override { ++calls; }
  void assign(TensorView, TensorView) override { ++calls; }
  void synchronize() override {}
  int64_t padded_rows(int64_t rows) const override { return rows; }
  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec) override { return storage_.pack(spec); }
  void repack(PackedLinear&, const LinearSpec&) override { ++calls; }
  void linear(const PackedLinear&, const LinearArgs&) override { ++calls; }
  void linear_input_gradient(const PackedLinear&, const LinearInputGradientArgs&) override { ++calls; }
  void linear_weight_gradient(const LinearWeightGradientArgs&) override { ++calls; }
  void activate(const ActivateArgs&) override { ++calls; }
  void activate_backward(const ActivateBackwardArgs&) override { ++calls; }
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec) override { return storage_.pack(spec); }
  void convolution(const PackedConvolution&, const ConvolutionArgs&) override { ++calls; }
  void convolution_input_gradient(const PackedConvolution&, const ConvolutionInputGradientArgs&) override { ++calls; }
  void convolution_weight_gradient(const ConvolutionWeightGradientArgs&) override { ++calls; }
  void batch_sums(const BatchSumsArgs&) override { ++calls; }
  void batch_moments(const BatchMomentsArgs&) override { ++calls; }
  void batch_norm(const BatchNormArgs&) override { ++calls; }
  void batch_norm_backward_sums(const BatchNormBackwardSumsArgs&) override { ++calls; }
  void batch_norm_backward(const BatchNormBackwardArgs&) override { ++calls; }
  void layer_norm(const LayerNormArgs&) override { ++calls; }
  void layer_norm_backward(const LayerNormBackwardArgs&) override { ++calls; }
  std::unique_ptr<PackedPooledAttention> pack(const PooledAttentionSpec& spec) override { return storage_.pack(spec); }
  void pooled_attention(const PackedPooledAttention&, const PooledAttentionArgs&) override { ++calls; }
  void pooled_attention_backward(const PackedPooledAttention&, const PooledAttentionBackwardArgs&) override { ++calls; }
  void attention(const AttentionArgs&) override { ++calls; }
  void attention_backward(const AttentionBackwardArgs&) override { ++calls; }
  void embed_tokens(const EmbedTokensArgs&) override { ++calls; }
  void embed_tokens_backward(const EmbedTokensBackwardArgs&) override { ++calls; }
  void patches(const PatchesArgs&) override { ++calls; }
  void embed_patches(const EmbedPatchesArgs&) override { ++calls; }
  void embed_patches_backward(const EmbedPatchesBackwardArgs&) override { ++calls; }
  void channels_last(const ChannelsLastArgs&) override { ++calls; }
  void average_pool(const AveragePoolArgs&) override { ++calls; }
  void average_pool_backward(const AveragePoolBackwardArgs&) override { ++calls; }
  void mean_token(const MeanTokenArgs&) override { ++calls; }
  void mean_token_backward(const MeanTokenBackwardArgs&) override { ++calls; }
  void gather_rows(const GatherRowsArgs&) override { ++calls; }
  void scatter_add_rows(const ScatterAddRowsArgs&) override { ++calls; }
  void add(const AddArgs&) override { ++calls; }
  void convert(const ConvertArgs&) override { ++calls; }
  void normalize_rows(const NormalizeRowsArgs&) override { ++calls; }
  void normalize_rows_backward(const NormalizeRowsBackwardArgs&) override { ++calls; }
  void softmax_rows(const SoftmaxRowsArgs&) override { ++calls; }
  void similarity(const SimilarityArgs&) override { ++calls; }
  void contrastive_loss(const ContrastiveLossArgs&) override { ++calls; }
  void contrastive_loss_backward(const ContrastiveLossBackwardArgs&) override { ++calls; }
  void adamw(const AdamWArgs&) override { ++calls; }
  void sum_of_squares(const SumOfSquaresArgs&) override { ++calls; }
  void blend(const BlendArgs&) override { ++calls; }
  void clamp(const ClampArgs&) override { ++calls; }

  int calls = 0;

 private:
  Backend& storage_;
};

class OpsTest : public ::testing::Test {
 protected:
  // Shape and type count here, elements do not.
  TensorView sums(Shape shape) { return made(shape, DType::kFloat32); }
  TensorView operands(Shape shape) { return made(shape, DType::kBFloat16); }
  TensorView made(Shape shape, DType dtype) { return tensors_.emplace_back(Tensor::zeros(shape, dtype)); }
  static TensorView on_gpu(TensorView view) {
    return {view.raw(), view.shape(), view.dtype(), {Device::Kind::kCuda, 0}};
  }
  static TensorView missing(Shape shape, DType dtype) { return {static_cast<void*>(nullptr), shape, dtype}; }

  // Calls with the good arguments, which must pass, and once for each spoilt copy of them, which must be refused with
  // an error that has the words, the operation among them.
  template <class Args>
  struct Spoilt {
    std::function<void(Args&)> spoil;
    std::vector<std::string> words;
  };
  template <class Args>
  void expect_checks(const char* op, const std::function<void(const Args&)>& call, const Args& good,
                     const std::vector<Spoilt<Args>>& all_spoilt) {
    const int before = backend_.calls;
    call(good);
    EXPECT_EQ(backend_.calls, before + 1) << op;
    for (const auto& spoilt : all_spoilt) {
      Args args = good;
      spoilt.spoil(args);
      std::vector<std::string> words = spoilt.words;
      words.push_back(concat(op, ": "));
      expect_refused([&] { call(args); }, words);
    }
    EXPECT_EQ(backend_.calls, before + 1) << op << ": a refused call reached the backend";
  }

  std::unique_ptr<Backend> storage_ = make_reference_backend(DType::kFloat32);
  TwoTypes backend_{*storage_};
  std::vector<Tensor> tensors_;
};

}  // namespace clipkit::testing
