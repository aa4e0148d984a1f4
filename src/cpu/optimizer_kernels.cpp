#include "cpu/training_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/optimizer_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// One vector of a step: new moments and parameter.
HWY_INLINE void Step(F d, const AdamWFactors& f, Vec grad, Vec& param, Vec& m, Vec& v) {
  const Vec g = hn::Mul(grad, hn::Set(d, f.gradient));
  m = hn::MulAdd(m, hn::Set(d, f.beta1), hn::Mul(g, hn::Set(d, 1 - f.beta1)));
  v = hn::MulAdd(v, hn::Set(d, f.beta2), hn::Mul(hn::Mul(g, g), hn::Set(d, 1 - f.beta2)));
  const Vec under = hn::MulAdd(hn::Sqrt(v), hn::Set(d, f.root), hn::Set(d, f.eps));
  param = hn::Sub(hn::Mul(param, hn::Set(d, f.keep)), hn::Div(hn::Mul(m, hn::Set(d, f.rate)), under));
}

template <class G>
void AdamW(const AdamWFactors& factors, const G* grad, int64_t n, float* param, float* m, float* v) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    Vec value = LoadCount(d, param + i, count), mean = LoadCount(d, m + i, count), square = LoadCount(d, v + i, count);
    Step(d, factors, LoadCount(d, grad + i, count), value, mean, square);
    StoreCount(d, value, param + i, count);
    StoreCount(d, mean, m + i, count);
    StoreCount(d, square, v + i, count);
  });
}

using Bits = hn::RebindToUnsigned<F>;
using BitsVec = hn::Vec<Bits>;

// reference::rounding_bits and round_to_bfloat16.
HWY_INLINE BitsVec RoundingBits(Bits d, uint32_t key, int64_t i) {
  BitsVec h = hn::Xor(hn::Iota(d, static_cast<uint32_t>(i)), hn::Set(d, key));
  h = hn::Mul(hn::Xor(h, hn::ShiftRight<16>(h)), hn::Set(d, 0x85EBCA6B));
  h = hn::Mul(hn::Xor(h, hn::ShiftRight<13>(h)), hn::Set(d, 0xC2B2AE35));
  return hn::Xor(h, hn::ShiftRight<16>(h));
}
HWY_INLINE void StoreRounded(F d, Vec value, BitsVec bits, uint16_t* to, int64_t count) {
  const Bits d32;
  const BitsVec sum = hn::Add(hn::BitCast(d32, value), bits);
  const Vec cut = hn::BitCast(d, hn::And(sum, hn::Set(d32, 0xFFFF0000)));
  StoreCount(d, hn::IfThenElse(hn::IsFinite(value), cut, value), to, count);
}

template <class G>
void AdamWBfloat(const AdamWFactors& factors, const G* grad, int64_t n, float* param, uint16_t* m, uint16_t* v,
                 uint32_t key, int64_t first) {
  const F d;
  const Bits d32;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    Vec value = LoadCount(d, param + i, count), mean = LoadCount(d, m + i, count), square = LoadCount(d, v + i, count);
    Step(d, factors, LoadCount(d, grad + i, count), value, mean, square);
    StoreCount(d, value, param + i, count);
    const BitsVec bits = RoundingBits(d32, key, first + i);
    StoreRounded(d, mean, hn::And(bits, hn::Set(d32, 0xFFFF)), m + i, count);
    StoreRounded(d, square, hn::ShiftRight<16>(bits), v + i, count);
  });
}

template <class T>
HWY_INLINE double Squares(const T* x, int64_t n) {
  const F d;
  Vec sum = hn::Zero(d);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = LoadCount(d, x + i, count);
    sum = hn::MulAdd(value, value, sum);
  });
  HWY_ALIGN float lanes[hn::MaxLanes(F())];
  hn::Store(sum, d, lanes);
  double total = 0;
  for (size_t i = 0; i < hn::Lanes(d); ++i) total += static_cast<double>(lanes[i]);
  return total;
}

void AdamWOnFloats(const AdamWFactors& factors, const float* grad, int64_t n, float* param, float* m, float* v) {
  AdamW(factors, grad, n, param, m, v);
}
void AdamWOnBfloats(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, float* m, float* v) {
  AdamW(factors, grad, n, param, m, v);
}
void AdamWBfloatOnFloats(const AdamWFactors& factors, const float* grad, int64_t n, float* param, uint16_t* m,
                         uint16_t* v, uint32_t key, int64_t first) {
  AdamWBfloat(factors, grad, n, param, m, v, key, first);
}
void AdamWBfloatOnBfloats(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, uint16_t* m,
                          uint16_t* v, uint32_t key, int64_t first) {
  AdamWBfloat(factors, grad, n, param, m, v, key, first);
}

double SumOfSquares(const float* x, int64_t n) {
  return Squares(x, n);
}
double SumOfSquaresBfloat(const uint16_t* x, int64_t n) {
  return Squares(x, n);
}

void Blend(const float* x, int64_t n, float factor, float* y) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec to = LoadCount(d, y + i, count);
    StoreCount(d, hn::MulAdd(hn::Sub(LoadCount(d, x + i, count), to), hn::Set(d, factor), to), y + i, count);
  });
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(AdamWOnFloats);
HWY_EXPORT(AdamWOnBfloats);
HWY_EXPORT(AdamWBfloatOnFloats);
HWY_EXPORT(AdamWBfloatOnBfloats);
HWY_EXPORT(SumOfSquares);
HWY_EXPORT(SumOfSquaresBfloat);
HWY_EXPORT(Blend);

void adamw(const AdamWFactors& factors, const float* grad, int64_t n, float* param, float* m, float* v) noexcept {
  HWY_DYNAMIC_DISPATCH(AdamWOnFloats)(factors, grad, n, param, m, v);
}
void adamw(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, float* m, float* v) noexcept {
  HWY_DYNAMIC_DISPATCH(AdamWOnBfloats)(factors, grad, n, param, m, v);
}
void adamw(const AdamWFactors& factors, const float* grad, int64_t n, float* param, uint16_t* m, uint16_t* v,
           uint32_t key, int64_t first) noexcept {
  HWY_DYNAMIC_DISPATCH(AdamWBfloatOnFloats)(factors, grad, n, param, m, v, key, first);
}
void adamw(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, uint16_t* m, uint16_t* v,
           uint32_t key, int64_t first) noexcept {
  HWY_DYNAMIC_DISPATCH(AdamWBfloatOnBfloats)(factors, grad, n, param, m, v, key, first);
}
double sum_of_squares(const float* x, int64_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(SumOfSquares)(x, n);
}
double sum_of_squares(const uint16_t* x, int64_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(SumOfSquaresBfloat)(x, n);
}
void blend(const float* x, int64_t n, float factor, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(Blend)(x, n, factor, y);
}

}  // namespace clipkit::kernels
#endif
