#pragma once

#include <memory>

#include "ops/backend.h"

// Matrix products and convolutions by oneDNN. Its header is included by onednn.cpp alone, so that its versions 2 and 3,
// which describe primitives differently, both build.

namespace clipkit {

bool has_bf16_products();  // of this CPU, and the instruction set in use

class OneDnn {
 public:
  // operands: kFloat32 or kBFloat16. Errors: kUnsupported for bf16 on a CPU without AVX512_BF16.
  explicit OneDnn(DType operands);
  ~OneDnn();

  std::unique_ptr<PackedLinear> pack(const LinearSpec& spec);
  void repack(PackedLinear& weights, const LinearSpec& spec);
  void linear(const PackedLinear& weights, const LinearArgs& args);
  void linear_input_gradient(const PackedLinear& weights, const LinearInputGradientArgs& args);
  // dweight only; dbias is not looked at. Of bf16 operands: of float32 its bits would change with the threads.
  void linear_weight_gradient(const LinearWeightGradientArgs& args);
  // See Backend::prepare.
  void prepare(const LinearSpec& spec, const LinearArgs& args);
  void prepare(const LinearSpec& spec, const LinearInputGradientArgs& args);
  void prepare(const LinearWeightGradientArgs& args);
  std::unique_ptr<PackedConvolution> pack(const ConvolutionSpec& spec);
  void convolution(const PackedConvolution& weights, const ConvolutionArgs& args);
  void convolution_input_gradient(const PackedConvolution& weights, const ConvolutionInputGradientArgs& args);

  // Row counts for which linear() keeps plans, see Backend::padded_rows.
  int64_t padded_rows(int64_t rows) const noexcept;
  int64_t num_plans() const noexcept;  // that were made so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clipkit
