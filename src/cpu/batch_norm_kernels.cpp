#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/batch_norm_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// As many floats as there are doubles in a vector: what a sum in double takes at a time.
using Doubles = hn::ScalableTag<double>;
using Few = hn::Rebind<float, Doubles>;

HWY_INLINE hn::Vec<Few> LoadFew(Few d, const float* from) {
  return hn::LoadU(d, from);
}
HWY_INLINE hn::Vec<Few> LoadFew(Few d, const uint16_t* from) {
  const hn::Rebind<uint16_t, Few> d16;
  const hn::RebindToUnsigned<Few> d32;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from))));
}

// sums[c] = sum of left(r, c) and sums[C + c] = sum of left(r, c) * right(r, c) over the rows, in double, in which the
// product of two floats is exact.
template <class Load>
HWY_INLINE void SumChannels(int64_t rows, int64_t C, double* sums, const Load& load) {
  const Doubles dd;
  const Few d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(dd));
  const auto sum_some = [&](int64_t c, int64_t count) HWY_ATTR {
    auto sum = hn::Zero(dd), products = hn::Zero(dd);
    for (int64_t r = 0; r < rows; ++r) {
      hn::Vec<Few> left, right;
      load(d, r, c, count, left, right);
      const auto wide = hn::PromoteTo(dd, left);
      sum = hn::Add(sum, wide);
      products = hn::MulAdd(wide, hn::PromoteTo(dd, right), products);
    }
    if (count == lanes) {
      hn::StoreU(sum, dd, sums + c);
      hn::StoreU(products, dd, sums + C + c);
      return;
    }
    HWY_ALIGN double lane_sums[hn::MaxLanes(Doubles())], lane_products[hn::MaxLanes(Doubles())];
    hn::Store(sum, dd, lane_sums);
    hn::Store(products, dd, lane_products);
    for (int64_t i = 0; i < count; ++i) {
      sums[c + i] = lane_sums[i];
      sums[C + c + i] = lane_products[i];
    }
  };
  int64_t c = 0;
  for (; c + lanes <= C; c += lanes) sum_some(c, lanes);
  if (c < C) sum_some(c, C - c);
}

// The first `count`; the others zero.
template <class T>
HWY_INLINE hn::Vec<Few> LoadFewCount(Few d, const T* from, int64_t count) {
  if (count == static_cast<int64_t>(hn::Lanes(d))) return LoadFew(d, from);
  HWY_ALIGN T lanes[hn::MaxLanes(Few())] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return LoadFew(d, lanes);
}

template <class T>
HWY_INLINE void ChannelSums(const T* x, int64_t rows, int64_t C, double* sums) {
  SumChannels(rows, C, sums,
              [&](Few d, int64_t r, int64_t c, int64_t count, hn::Vec<Few>& left, hn::Vec<Few>& right)
                  HWY_ATTR { left = right = LoadFewCount(d, x + r * C + c, count); });
}
void ChannelSumsFloat(const float* x, int64_t rows, int64_t C, double* sums) {
  ChannelSums(x, rows, C, sums);
}
void ChannelSumsBfloat(const uint16_t* x, int64_t rows, int64_t C, double* sums) {
  ChannelSums(x, rows, C, sums);
}

template <class T>
HWY_INLINE void ChannelGradientSums(const T* x, const float* mean, const T* dy, int64_t rows, int64_t C, double* sums) {
  SumChannels(rows, C, sums,
              [&](Few d, int64_t r, int64_t c, int64_t count, hn::Vec<Few>& left, hn::Vec<Few>& right) HWY_ATTR {
                left = LoadFewCount(d, dy + r * C + c, count);
                right = hn::Sub(LoadFewCount(d, x + r * C + c, count), LoadFewCount(d, mean + c, count));
              });
}
void ChannelGradientSumsFloat(const float* x, const float* mean, const float* dy, int64_t rows, int64_t C,
                              double* sums) {
  ChannelGradientSums(x, mean, dy, rows, C, sums);
}
void ChannelGradientSumsBfloat(const uint16_t* x, const float* mean, const uint16_t* dy, int64_t rows, int64_t C,
                               double* sums) {
  ChannelGradientSums(x, mean, dy, rows, C, sums);
}

template <class T>
HWY_INLINE void ReluBackward(const T* y, int64_t n, T* dy) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const auto positive = hn::Gt(LoadCount(d, y + i, count), hn::Zero(d));
    StoreCount(d, hn::IfThenElseZero(positive, LoadCount(d, dy + i, count)), dy + i, count);
  });
}
void ReluBackwardFloat(const float* y, int64_t n, float* dy) {
  ReluBackward(y, n, dy);
}
void ReluBackwardBfloat(const uint16_t* y, int64_t n, uint16_t* dy) {
  ReluBackward(y, n, dy);
}

template <class T>
HWY_INLINE void BatchNorm(const T* x, const float* mean, const float* scale, const float* bias, const T* residual,
                          bool relu, int64_t rows, int64_t C, T* y) {
  const F d;
  for (int64_t r = 0; r < rows; ++r, x += C, y += C) {
    ForVectors(d, C, [&](int64_t c, int64_t n) HWY_ATTR {
      const Vec centred = hn::Sub(LoadCount(d, x + c, n), LoadCount(d, mean + c, n));
      Vec value = hn::MulAdd(centred, LoadCount(d, scale + c, n), LoadCount(d, bias + c, n));
      if (residual != nullptr) value = hn::Add(value, LoadCount(d, residual + r * C + c, n));
      if (relu) value = hn::IfThenZeroElse(hn::Lt(value, hn::Zero(d)), value);
      StoreCount(d, value, y + c, n);
    });
  }
}
void BatchNormFloat(const float* x, const float* mean, const float* scale, const float* bias, const float* residual,
                    bool relu, int64_t rows, int64_t C, float* y) {
  BatchNorm(x, mean, scale, bias, residual, relu, rows, C, y);
}
void BatchNormBfloat(const uint16_t* x, const float* mean, const float* scale, const float* bias,
                     const uint16_t* residual, bool relu, int64_t rows, int64_t C, uint16_t* y) {
  BatchNorm(x, mean, scale, bias, residual, relu, rows, C, y);
}

template <class T>
HWY_INLINE void BatchNormBackward(const T* x, const float* mean, const float* scale, const float* offset,
                                  const float* slope, const T* dy, int64_t rows, int64_t C, T* dx) {
  const F d;
  for (int64_t r = 0; r < rows; ++r, x += C, dy += C, dx += C) {
    ForVectors(d, C, [&](int64_t c, int64_t n) HWY_ATTR {
      const Vec centred = hn::Sub(LoadCount(d, x + c, n), LoadCount(d, mean + c, n));
      const Vec rest = hn::Sub(LoadCount(d, dy + c, n), LoadCount(d, offset + c, n));
      const Vec g = hn::NegMulAdd(centred, LoadCount(d, slope + c, n), rest);
      StoreCount(d, hn::Mul(LoadCount(d, scale + c, n), g), dx + c, n);
    });
  }
}
void BatchNormBackwardFloat(const float* x, const float* mean, const float* scale, const float* offset,
                            const float* slope, const float* dy, int64_t rows, int64_t C, float* dx) {
  BatchNormBackward(x, mean, scale, offset, slope, dy, rows, C, dx);
}
void BatchNormBackwardBfloat(const uint16_t* x, const float* mean, const float* scale, const float* offset,
                             const float* slope, const uint16_t* dy, int64_t rows, int64_t C, uint16_t* dx) {
  BatchNormBackward(x, mean, scale, offset, slope, dy, rows, C, dx);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(ChannelSumsFloat);
HWY_EXPORT(ChannelSumsBfloat);
HWY_EXPORT(ChannelGradientSumsFloat);
HWY_EXPORT(ChannelGradientSumsBfloat);
HWY_EXPORT(ReluBackwardFloat);
HWY_EXPORT(ReluBackwardBfloat);
HWY_EXPORT(BatchNormFloat);
HWY_EXPORT(BatchNormBfloat);
HWY_EXPORT(BatchNormBackwardFloat);
HWY_EXPORT(BatchNormBackwardBfloat);

void channel_sums(const float* x, int64_t rows, int64_t C, double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(ChannelSumsFloat)(x, rows, C, sums);
}
void channel_sums(const uint16_t* x, int64_t rows, int64_t C, double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(ChannelSumsBfloat)(x, rows, C, sums);
}
void channel_gradient_sums(const float* x, const float* mean, const float* dy, int64_t rows, int64_t C,
                           double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(ChannelGradientSumsFloat)(x, mean, dy, rows, C, sums);
}
void channel_gradient_sums(const uint16_t* x, const float* mean, const uint16_t* dy, int64_t rows, int64_t C,
                           double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(ChannelGradientSumsBfloat)(x, mean, dy, rows, C, sums);
}
void relu_backward(const float* y, int64_t n, float* dy) noexcept {
  HWY_DYNAMIC_DISPATCH(ReluBackwardFloat)(y, n, dy);
}
void relu_backward(const uint16_t* y, int64_t n, uint16_t* dy) noexcept {
  HWY_DYNAMIC_DISPATCH(ReluBackwardBfloat)(y, n, dy);
}
void batch_norm(const float* x, const float* mean, const float* scale, const float* bias, const float* residual,
                bool relu, int64_t rows, int64_t C, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(BatchNormFloat)(x, mean, scale, bias, residual, relu, rows, C, y);
}
void batch_norm(const uint16_t* x, const float* mean, const float* scale, const float* bias, const uint16_t* residual,
                bool relu, int64_t rows, int64_t C, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(BatchNormBfloat)(x, mean, scale, bias, residual, relu, rows, C, y);
}
void batch_norm_backward(const float* x, const float* mean, const float* scale, const float* offset, const float* slope,
                         const float* dy, int64_t rows, int64_t C, float* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(BatchNormBackwardFloat)(x, mean, scale, offset, slope, dy, rows, C, dx);
}
void batch_norm_backward(const uint16_t* x, const float* mean, const float* scale, const float* offset,
                         const float* slope, const uint16_t* dy, int64_t rows, int64_t C, uint16_t* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(BatchNormBackwardBfloat)(x, mean, scale, offset, slope, dy, rows, C, dx);
}

}  // namespace clipkit::kernels
#endif
