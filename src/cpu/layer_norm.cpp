#include <cmath>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/layer_norm.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

template <class T>
void LayerNorm(const float* x, const float* weight, const float* bias, float eps, int64_t D, T* y) {
  const F d;
  Vec sum = hn::Zero(d);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR { sum = hn::Add(sum, LoadCount(d, x + i, n)); });
  const float mean = hn::GetLane(hn::SumOfLanes(d, sum)) / static_cast<float>(D);

  // Two passes: E[x^2] - mean^2 loses every digit when |mean| is much larger than the deviation.
  const Vec mean_v = hn::Set(d, mean);
  Vec sum_sq = hn::Zero(d);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    Vec centred = hn::Sub(LoadCount(d, x + i, n), mean_v);
    if (n < static_cast<int64_t>(hn::Lanes(d))) {
      centred = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)), centred);
    }
    sum_sq = hn::MulAdd(centred, centred, sum_sq);
  });
  const float variance = hn::GetLane(hn::SumOfLanes(d, sum_sq)) / static_cast<float>(D);

  const Vec rstd = hn::Set(d, 1.0f / std::sqrt(variance + eps));
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec normal = hn::Mul(hn::Sub(LoadCount(d, x + i, n), mean_v), rstd);
    StoreCount(d, hn::MulAdd(normal, LoadCount(d, weight + i, n), LoadCount(d, bias + i, n)), y + i, n);
  });
}

void LayerNormFloat(const float* x, const float* weight, const float* bias, float eps, int64_t D, float* y) {
  LayerNorm(x, weight, bias, eps, D, y);
}
void LayerNormBfloat(const float* x, const float* weight, const float* bias, float eps, int64_t D, uint16_t* y) {
  LayerNorm(x, weight, bias, eps, D, y);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(LayerNormFloat);
HWY_EXPORT(LayerNormBfloat);

void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t D, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(LayerNormFloat)(x, weight, bias, eps, D, y);
}
void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t D, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(LayerNormBfloat)(x, weight, bias, eps, D, y);
}

}  // namespace clipkit::kernels
#endif
