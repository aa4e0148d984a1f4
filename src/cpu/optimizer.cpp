#include "base/parallel.h"
#include "cpu/scratch.h"
#include "cpu/training.h"
#include "cpu/training_kernels.h"

namespace clipkit {

namespace {

template <class G>
void adamw_of(const AdamWArgs& a) {
  const kernels::AdamWFactors factors(a);
  const uint32_t key = reference::rounding_key(a);
  const auto* grad = static_cast<const G*>(a.grad.raw());
  float* param = a.param.data<float>();
  parallel_for_pieces(a.param.num_elements(), [&](int64_t begin, int64_t count) {
    if (a.m.dtype() == DType::kFloat32) {
      kernels::adamw(factors, grad + begin, count, param + begin, a.m.data<float>() + begin, a.v.data<float>() + begin);
    } else {
      kernels::adamw(factors, grad + begin, count, param + begin, static_cast<uint16_t*>(a.m.raw()) + begin,
                     static_cast<uint16_t*>(a.v.raw()) + begin, key, begin);
    }
  });
}

}  // namespace

void adamw_on_cpu(const AdamWArgs& a) {
  a.grad.dtype() == DType::kFloat32 ? adamw_of<float>(a) : adamw_of<uint16_t>(a);
}

void sum_of_squares_on_cpu(const SumOfSquaresArgs& a, Tensor& scratch) {
  const int64_t n = a.x.num_elements(), pieces = (n + kPieceElements - 1) / kPieceElements;
  auto* sums = reinterpret_cast<double*>(scratch_floats(scratch, 2 * pieces));
  parallel_for_pieces(n, [&](int64_t begin, int64_t count) {
    sums[begin / kPieceElements] =
        a.x.dtype() == DType::kFloat32
            ? kernels::sum_of_squares(a.x.data<float>() + begin, count)
            : kernels::sum_of_squares(static_cast<const uint16_t*>(a.x.raw()) + begin, count);
  });
  for (int64_t piece = 0; piece < pieces; ++piece) *a.result.data<double>() += sums[piece];
}

void blend_on_cpu(const BlendArgs& a) {
  parallel_for_pieces(a.y.num_elements(), [&](int64_t begin, int64_t count) {
    kernels::blend(a.x.data<float>() + begin, count, static_cast<float>(a.factor), a.y.data<float>() + begin);
  });
}

}  // namespace clipkit
