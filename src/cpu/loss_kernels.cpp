#include "cpu/training_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/loss_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cpu/sigmoid-inl.h"
#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// The first n lanes, the others 0.
HWY_INLINE Vec Only(F d, Vec v, int64_t n) {
  return n == static_cast<int64_t>(hn::Lanes(d)) ? v : hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)), v);
}

float Largest(const float* x, int64_t n) {
  const F d;
  Vec most = hn::Set(d, x[0]);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
  if (i < n) most = hn::Max(most, LoadPart(d, x + i, n - i, x[0]));
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

float SumExp(const float* x, int64_t n, float shift) {
  const F d;
  const Vec down = hn::Set(d, shift);
  Vec sum = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    sum = hn::Add(sum, Only(d, hn::Exp(d, hn::Sub(LoadCount(d, x + i, count), down)), count));
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float SumSoftplus(const float* x, int64_t n, float bias) {
  const F d;
  const Vec up = hn::Set(d, bias);
  Vec sum = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec z = hn::Add(LoadCount(d, x + i, count), up);
    const Vec tail = hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(z))));
    sum = hn::Add(sum, Only(d, hn::Add(hn::Max(z, hn::Zero(d)), tail), count));
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float SoftmaxLossGradient(float* l, int64_t n, float reduced, const float* reduced_y, float factor, bool keep_q) {
  const F d;
  const Vec own = hn::Set(d, reduced), times = hn::Set(d, factor);
  Vec sum = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec logit = LoadCount(d, l + i, count);
    const Vec p = hn::Mul(times, hn::Exp(d, hn::Sub(logit, own)));
    const Vec both = hn::MulAdd(times, hn::Exp(d, hn::Sub(logit, LoadCount(d, reduced_y + i, count))), p);
    sum = hn::Add(sum, Only(d, hn::Mul(both, logit), count));
    StoreCount(d, keep_q ? both : p, l + i, count);
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float SigmoidLossGradient(float* l, int64_t n, float bias, float factor, float& total) {
  const F d;
  const Vec up = hn::Set(d, bias), times = hn::Set(d, factor);
  Vec sum = hn::Zero(d), plain = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec logit = LoadCount(d, l + i, count);
    const Vec dl = TimesSigmoid(d, times, hn::Add(logit, up));
    sum = hn::Add(sum, Only(d, hn::Mul(dl, logit), count));
    plain = hn::Add(plain, Only(d, dl, count));
    StoreCount(d, dl, l + i, count);
  });
  total = hn::GetLane(hn::SumOfLanes(d, plain));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(Largest);
HWY_EXPORT(SumExp);
HWY_EXPORT(SumSoftplus);
HWY_EXPORT(SoftmaxLossGradient);
HWY_EXPORT(SigmoidLossGradient);

float largest(const float* x, int64_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(Largest)(x, n);
}
float sum_exp(const float* x, int64_t n, float shift) noexcept {
  return HWY_DYNAMIC_DISPATCH(SumExp)(x, n, shift);
}
float sum_softplus(const float* x, int64_t n, float bias) noexcept {
  return HWY_DYNAMIC_DISPATCH(SumSoftplus)(x, n, bias);
}
float softmax_loss_gradient(float* l, int64_t n, float reduced, const float* reduced_y, float factor,
                            bool keep_q) noexcept {
  return HWY_DYNAMIC_DISPATCH(SoftmaxLossGradient)(l, n, reduced, reduced_y, factor, keep_q);
}
float sigmoid_loss_gradient(float* l, int64_t n, float bias, float factor, float& total) noexcept {
  return HWY_DYNAMIC_DISPATCH(SigmoidLossGradient)(l, n, bias, factor, total);
}

}  // namespace clipkit::kernels
#endif
