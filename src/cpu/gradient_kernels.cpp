#include <algorithm>
#include <cmath>

#include "cpu/kernels.h"
#include "ops/reference/linear.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gradient_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cpu/sigmoid-inl.h"
#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

template <class T>
void Accumulate(const T* x, int64_t n, float* to) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    StoreCount(d, hn::Add(LoadCount(d, to + i, count), LoadCount(d, x + i, count)), to + i, count);
  });
}
void AccumulateFloat(const float* x, int64_t n, float* to) {
  Accumulate(x, n, to);
}
void AccumulateBfloat(const uint16_t* x, int64_t n, float* to) {
  Accumulate(x, n, to);
}

HWY_INLINE Vec QuickSigmoid(F d, Vec x) {
  return TimesSigmoid(d, hn::Set(d, 1.0f), hn::Mul(x, hn::Set(d, 1.702f)));
}

template <class T>
void QuickGelu(const T* x, int64_t n, T* y) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = LoadCount(d, x + i, count);
    StoreCount(d, hn::Mul(value, QuickSigmoid(d, value)), y + i, count);
  });
}
void QuickGeluFloat(const float* x, int64_t n, float* y) {
  QuickGelu(x, n, y);
}
void QuickGeluBfloat(const uint16_t* x, int64_t n, uint16_t* y) {
  QuickGelu(x, n, y);
}

template <class T>
void QuickGeluBackward(const T* x, const T* dy, int64_t n, T* dx) {
  const F d;
  const Vec one = hn::Set(d, 1.0f), alpha = hn::Set(d, 1.702f);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = LoadCount(d, x + i, count), sigmoid = QuickSigmoid(d, value);
    const Vec rest = hn::MulAdd(hn::Mul(alpha, value), hn::Sub(one, sigmoid), one);
    StoreCount(d, hn::Mul(LoadCount(d, dy + i, count), hn::Mul(sigmoid, rest)), dx + i, count);
  });
}
void QuickGeluBackwardFloat(const float* x, const float* dy, int64_t n, float* dx) {
  QuickGeluBackward(x, dy, n, dx);
}
void QuickGeluBackwardBfloat(const uint16_t* x, const uint16_t* dy, int64_t n, uint16_t* dx) {
  QuickGeluBackward(x, dy, n, dx);
}

void LayerNormBackward(const float* x, const float* weight, float eps, const float* dy, int64_t D, float* dx,
                       float* dweight, float* dbias) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto only = [&](Vec v, int64_t n) HWY_ATTR {
    return n == lanes ? v : hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)), v);
  };
  Vec sum = hn::Zero(d), sum_sq = hn::Zero(d), sum_g = hn::Zero(d), sum_gx = hn::Zero(d);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR { sum = hn::Add(sum, LoadCount(d, x + i, n)); });
  const Vec mean = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum)) / static_cast<float>(D));
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec centred = only(hn::Sub(LoadCount(d, x + i, n), mean), n);
    sum_sq = hn::MulAdd(centred, centred, sum_sq);
    const Vec g = hn::Mul(LoadCount(d, dy + i, n), LoadCount(d, weight + i, n));
    sum_g = hn::Add(sum_g, g);
    sum_gx = hn::MulAdd(g, centred, sum_gx);
  });
  const float count = static_cast<float>(D);
  const float rstd = 1.0f / std::sqrt(hn::GetLane(hn::SumOfLanes(d, sum_sq)) / count + eps);
  const Vec rstd_v = hn::Set(d, rstd), mean_g = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum_g)) / count),
            mean_gx = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum_gx)) / count * rstd);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec xhat = hn::Mul(hn::Sub(LoadCount(d, x + i, n), mean), rstd_v), gradient = LoadCount(d, dy + i, n);
    if (dweight != nullptr) {
      StoreCount(d, hn::MulAdd(gradient, xhat, LoadCount(d, dweight + i, n)), dweight + i, n);
      StoreCount(d, hn::Add(gradient, LoadCount(d, dbias + i, n)), dbias + i, n);
    }
    const Vec g = hn::Mul(gradient, LoadCount(d, weight + i, n));
    StoreCount(d, hn::Mul(rstd_v, hn::NegMulAdd(xhat, mean_gx, hn::Sub(g, mean_g))), dx + i, n);
  });
}

void SoftmaxBackward(const float* p, const float* dp, int64_t n, float scale, float* ds) {
  const F d;
  Vec sum = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    sum = hn::MulAdd(LoadCount(d, p + i, count), LoadCount(d, dp + i, count), sum);
  });
  const Vec mean = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum))), scale_v = hn::Set(d, scale);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec centred = hn::Sub(LoadCount(d, dp + i, count), mean);
    StoreCount(d, hn::Mul(hn::Mul(LoadCount(d, p + i, count), centred), scale_v), ds + i, count);
  });
}

template <class T>
void AveragePoolBackward(const T* dy, int64_t W, int64_t C, T* top, T* bottom) {
  const F d;
  const Vec quarter = hn::Set(d, 0.25f);
  for (int64_t w = 0; w < W; ++w, top += 2 * C, bottom += 2 * C, dy += C) {
    ForVectors(d, C, [&](int64_t i, int64_t n) HWY_ATTR {
      const Vec value = hn::Mul(LoadCount(d, dy + i, n), quarter);
      for (T* to : {top, top + C, bottom, bottom + C}) StoreCount(d, value, to + i, n);
    });
  }
}
void AveragePoolBackwardFloat(const float* dy, int64_t W, int64_t C, float* top, float* bottom) {
  AveragePoolBackward(dy, W, C, top, bottom);
}
void AveragePoolBackwardBfloat(const uint16_t* dy, int64_t W, int64_t C, uint16_t* top, uint16_t* bottom) {
  AveragePoolBackward(dy, W, C, top, bottom);
}

template <class T>
void MeanTokenBackward(const float* dy, int64_t S, int64_t D, T* dx) {
  const F d;
  const Vec factor = hn::Set(d, 1.0f / static_cast<float>(S));
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec share = hn::Mul(LoadCount(d, dy + i, n), factor);
    for (int64_t s = 0; s < S; ++s) {
      StoreCount(d, hn::Add(LoadCount(d, dy + (1 + s) * D + i, n), share), dx + s * D + i, n);
    }
  });
}
void MeanTokenBackwardFloat(const float* dy, int64_t S, int64_t D, float* dx) {
  MeanTokenBackward(dy, S, D, dx);
}
void MeanTokenBackwardBfloat(const float* dy, int64_t S, int64_t D, uint16_t* dx) {
  MeanTokenBackward(dy, S, D, dx);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(AccumulateFloat);
HWY_EXPORT(AccumulateBfloat);
HWY_EXPORT(QuickGeluFloat);
HWY_EXPORT(QuickGeluBfloat);
HWY_EXPORT(QuickGeluBackwardFloat);
HWY_EXPORT(QuickGeluBackwardBfloat);
HWY_EXPORT(LayerNormBackward);
HWY_EXPORT(SoftmaxBackward);
HWY_EXPORT(AveragePoolBackwardFloat);
HWY_EXPORT(AveragePoolBackwardBfloat);
HWY_EXPORT(MeanTokenBackwardFloat);
HWY_EXPORT(MeanTokenBackwardBfloat);

void accumulate(const float* x, int64_t n, float* to) noexcept {
  HWY_DYNAMIC_DISPATCH(AccumulateFloat)(x, n, to);
}
void accumulate(const uint16_t* x, int64_t n, float* to) noexcept {
  HWY_DYNAMIC_DISPATCH(AccumulateBfloat)(x, n, to);
}

namespace {

// The exact GELUs are not vectorised: CLIP's own models use QuickGELU, and erf has no kernel in this Highway.
constexpr int64_t kChunk = 256;

template <class Body>
void by_chunks(const uint16_t* x, int64_t n, uint16_t* y, const Body& body) {
  float in[kChunk], out[kChunk];
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t count = std::min(kChunk, n - i);
    convert(x + i, count, in);
    body(i, count, in, out);
    convert(out, count, y + i);
  }
}

}  // namespace

void activate(Activation activation, const float* x, int64_t n, float* y) noexcept {
  if (activation == Activation::kQuickGelu) return HWY_DYNAMIC_DISPATCH(QuickGeluFloat)(x, n, y);
  for (int64_t i = 0; i < n; ++i) y[i] = reference::activate(activation, x[i]);
}
void activate(Activation activation, const uint16_t* x, int64_t n, uint16_t* y) noexcept {
  if (activation == Activation::kQuickGelu) return HWY_DYNAMIC_DISPATCH(QuickGeluBfloat)(x, n, y);
  by_chunks(x, n, y,
            [&](int64_t, int64_t count, const float* in, float* out) { activate(activation, in, count, out); });
}

void activate_backward(Activation activation, const float* x, const float* dy, int64_t n, float* dx) noexcept {
  if (activation == Activation::kQuickGelu) return HWY_DYNAMIC_DISPATCH(QuickGeluBackwardFloat)(x, dy, n, dx);
  for (int64_t i = 0; i < n; ++i) dx[i] = dy[i] * reference::activate_slope(activation, x[i]);
}
void activate_backward(Activation activation, const uint16_t* x, const uint16_t* dy, int64_t n, uint16_t* dx) noexcept {
  if (activation == Activation::kQuickGelu) return HWY_DYNAMIC_DISPATCH(QuickGeluBackwardBfloat)(x, dy, n, dx);
  by_chunks(x, n, dx, [&](int64_t begin, int64_t count, const float* in, float* out) {
    float gradient[kChunk];
    convert(dy + begin, count, gradient);
    activate_backward(activation, in, gradient, count, out);
  });
}

void layer_norm_backward(const float* x, const float* weight, float eps, const float* dy, int64_t D, float* dx,
                         float* dweight, float* dbias) noexcept {
  HWY_DYNAMIC_DISPATCH(LayerNormBackward)(x, weight, eps, dy, D, dx, dweight, dbias);
}

void softmax_backward(const float* p, const float* dp, int64_t n, float scale, float* ds) noexcept {
  HWY_DYNAMIC_DISPATCH(SoftmaxBackward)(p, dp, n, scale, ds);
}

void average_pool_backward(const float* dy, int64_t W, int64_t C, float* top, float* bottom) noexcept {
  HWY_DYNAMIC_DISPATCH(AveragePoolBackwardFloat)(dy, W, C, top, bottom);
}
void average_pool_backward(const uint16_t* dy, int64_t W, int64_t C, uint16_t* top, uint16_t* bottom) noexcept {
  HWY_DYNAMIC_DISPATCH(AveragePoolBackwardBfloat)(dy, W, C, top, bottom);
}
void mean_token_backward(const float* dy, int64_t S, int64_t D, float* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(MeanTokenBackwardFloat)(dy, S, D, dx);
}
void mean_token_backward(const float* dy, int64_t S, int64_t D, uint16_t* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(MeanTokenBackwardBfloat)(dy, S, D, dx);
}

}  // namespace clipkit::kernels
#endif
