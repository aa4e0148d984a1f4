#include "transfer/linear_classifier.h"

#include "base/check.h"
#include "base/parallel.h"
#include "transfer/augmented_rows.h"
#include "transfer/blas.h"

namespace clipkit {

Tensor LinearClassifier::scores(TensorView x) const {
  CLIPKIT_CHECK(x.shape().rank() == 2 && x.shape()[1] == width, "features have shape ", to_string(x.shape()),
                ", expected [N, ", width, "]");
  const AugmentedRows features(x);
  const int64_t stride = features.stride();
  std::vector<double> padded(static_cast<size_t>(rows() * stride));
  for (int64_t r = 0; r < rows(); ++r) {
    std::copy_n(weights.data() + r * width, width, padded.data() + r * stride);
    padded[static_cast<size_t>(r * stride + width)] = intercept[static_cast<size_t>(r)];
  }
  Tensor result = Tensor::zeros({features.size(), num_classes}, DType::kFloat64);
  const Blas& b = blas();
  const int64_t first = num_classes - rows();  // class 0 of two keeps its 0
  parallel_for(features.num_blocks(), [&](int64_t block) {
    std::vector<double> x_rows;
    features.read(block, x_rows);
    b.gemm(false, true, features.rows_of(block), rows(), stride, 1, x_rows.data(), stride, padded.data(), stride, 0,
           result.data<double>() + block * AugmentedRows::kBlock * num_classes + first, num_classes);
  });
  return result;
}

}  // namespace clipkit
