#include "train/average_weights.h"

namespace clipkit {

Tensor average_weights(const TensorView& a, const TensorView& b, double alpha) {
  Tensor mean = Tensor::empty(a.shape());
  const float *from = a.data<float>(), *other = b.data<float>();
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double x = from[i], y = other[i];
    mean.data<float>()[i] = static_cast<float>((1 - alpha) * x + alpha * y);
  }
  return mean;
}

}  // namespace clipkit
