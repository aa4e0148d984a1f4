#include <algorithm>
#include <cmath>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/elementwise.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

template <class From, class To>
void Convert(const From* x, int64_t n, To* y) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR { StoreCount(d, LoadCount(d, x + i, count), y + i, count); });
}
void FloatToBfloat(const float* x, int64_t n, uint16_t* y) {
  Convert(x, n, y);
}
void BfloatToFloat(const uint16_t* x, int64_t n, float* y) {
  Convert(x, n, y);
}

template <class T>
void Add(const T* a, const T* b, int64_t n, T* y) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    StoreCount(d, hn::Add(LoadCount(d, a + i, count), LoadCount(d, b + i, count)), y + i, count);
  });
}
void AddFloat(const float* a, const float* b, int64_t n, float* y) {
  Add(a, b, n, y);
}
void AddBfloat(const uint16_t* a, const uint16_t* b, int64_t n, uint16_t* y) {
  Add(a, b, n, y);
}

// float16 bits to float32. Highway's own promotion leaves out infinity and NaN where the CPU has no instruction for it.
HWY_INLINE Vec LoadHalves(F d, const uint16_t* from) {
  const hn::Rebind<uint16_t, F> d16;
  const hn::RebindToUnsigned<F> d32;
  const auto bits = hn::PromoteTo(d32, hn::LoadU(d16, from));
  // Exponent and mantissa in their places for float32, then the difference of the biases: right for subnormals too.
  const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(d32, 0x7FFF)));
  const Vec scaled = hn::Mul(hn::BitCast(d, magnitude), hn::Set(d, 0x1p112f));
  const auto special = hn::RebindMask(d32, hn::Ge(scaled, hn::Set(d, 65536.0f)));  // exponent 31
  const auto exponent = hn::IfThenElseZero(special, hn::Set(d32, 0x7F800000));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(d32, 0x8000)));
  return hn::BitCast(d, hn::Or(hn::BitCast(d32, scaled), hn::Or(exponent, sign)));
}
void HalfToFloat(const uint16_t* x, int64_t n, float* y) {
  const F d;
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    if (count == static_cast<int64_t>(hn::Lanes(d))) return StoreFloats(d, LoadHalves(d, x + i), y + i);
    HWY_ALIGN uint16_t rest[hn::MaxLanes(F())] = {};
    for (int64_t l = 0; l < count; ++l) rest[l] = x[i + l];
    StorePart(d, LoadHalves(d, rest), y + i, count);
  });
}

template <class T>
void AveragePool(const T* top, const T* bottom, int64_t W, int64_t C, T* y) {
  const F d;
  const Vec quarter = hn::Set(d, 0.25f);
  for (int64_t w = 0; w < W; ++w, top += 2 * C, bottom += 2 * C, y += C) {
    ForVectors(d, C, [&](int64_t i, int64_t n) HWY_ATTR {
      const Vec upper = hn::Add(LoadCount(d, top + i, n), LoadCount(d, top + C + i, n));
      const Vec lower = hn::Add(LoadCount(d, bottom + i, n), LoadCount(d, bottom + C + i, n));
      StoreCount(d, hn::Mul(hn::Add(upper, lower), quarter), y + i, n);
    });
  }
}
void AveragePoolFloat(const float* top, const float* bottom, int64_t W, int64_t C, float* y) {
  AveragePool(top, bottom, W, C, y);
}
void AveragePoolBfloat(const uint16_t* top, const uint16_t* bottom, int64_t W, int64_t C, uint16_t* y) {
  AveragePool(top, bottom, W, C, y);
}

template <class T>
void MeanToken(const T* x, const float* positions, int64_t S, int64_t D, T* y) {
  const F d;
  const Vec factor = hn::Set(d, 1.0f / static_cast<float>(S));
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    Vec sum = hn::Zero(d);
    for (int64_t s = 0; s < S; ++s) {
      const Vec value = LoadCount(d, x + s * D + i, n);
      sum = hn::Add(sum, value);
      StoreCount(d, hn::Add(value, LoadCount(d, positions + (1 + s) * D + i, n)), y + (1 + s) * D + i, n);
    }
    StoreCount(d, hn::MulAdd(sum, factor, LoadCount(d, positions + i, n)), y + i, n);
  });
}
void MeanTokenFloat(const float* x, const float* positions, int64_t S, int64_t D, float* y) {
  MeanToken(x, positions, S, D, y);
}
void MeanTokenBfloat(const uint16_t* x, const float* positions, int64_t S, int64_t D, uint16_t* y) {
  MeanToken(x, positions, S, D, y);
}

void Normalize(const float* x, int64_t D, float* y) {
  const F d;
  Vec sum_sq = hn::Zero(d);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec value = LoadCount(d, x + i, n);
    sum_sq = hn::MulAdd(value, value, sum_sq);
  });
  const Vec factor = hn::Set(d, 1.0f / std::max(std::sqrt(hn::GetLane(hn::SumOfLanes(d, sum_sq))), 1e-12f));
  ForVectors(d, D,
             [&](int64_t i, int64_t n) HWY_ATTR { StoreCount(d, hn::Mul(LoadCount(d, x + i, n), factor), y + i, n); });
}

void Softmax(const float* x, int64_t D, float* y) {
  const F d;
  const Vec largest = hn::Set(d, D > 0 ? *std::max_element(x, x + D) : 0.0f);
  Vec sum = hn::Zero(d);
  ForVectors(d, D, [&](int64_t i, int64_t n) HWY_ATTR {
    Vec p = hn::Exp(d, hn::Sub(LoadCount(d, x + i, n), largest));
    if (n < static_cast<int64_t>(hn::Lanes(d))) p = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)), p);
    sum = hn::Add(sum, p);
    StoreCount(d, p, y + i, n);
  });
  const Vec total = hn::SumOfLanes(d, sum);
  ForVectors(d, D,
             [&](int64_t i, int64_t n) HWY_ATTR { StoreCount(d, hn::Div(LoadCount(d, y + i, n), total), y + i, n); });
}

// Four rows of b at a time, so that a is loaded once for all of them.
template <int kRows>
HWY_INLINE void Dots(const float* a, const float* b, float alpha, int64_t k, float* c) {
  const F d;
  Vec sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = hn::Zero(d);
  ForVectors(d, k, [&](int64_t i, int64_t n) HWY_ATTR {
    const Vec left = LoadCount(d, a + i, n);
    for (int r = 0; r < kRows; ++r) sum[r] = hn::MulAdd(left, LoadCount(d, b + r * k + i, n), sum[r]);
  });
  for (int r = 0; r < kRows; ++r) c[r] = alpha * hn::GetLane(hn::SumOfLanes(d, sum[r]));
}
void Similarity(const float* a, const float* b, float alpha, int64_t n, int64_t k, float* c) {
  int64_t j = 0;
  for (; j + 4 <= n; j += 4) Dots<4>(a, b + j * k, alpha, k, c + j);
  for (; j < n; ++j) Dots<1>(a, b + j * k, alpha, k, c + j);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(FloatToBfloat);
HWY_EXPORT(BfloatToFloat);
HWY_EXPORT(HalfToFloat);
HWY_EXPORT(AddFloat);
HWY_EXPORT(AddBfloat);
HWY_EXPORT(AveragePoolFloat);
HWY_EXPORT(AveragePoolBfloat);
HWY_EXPORT(MeanTokenFloat);
HWY_EXPORT(MeanTokenBfloat);
HWY_EXPORT(Normalize);
HWY_EXPORT(Softmax);
HWY_EXPORT(Similarity);

void convert(const float* x, int64_t n, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(FloatToBfloat)(x, n, y);
}
void convert(const uint16_t* x, int64_t n, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(BfloatToFloat)(x, n, y);
}
void convert_half(const uint16_t* x, int64_t n, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(HalfToFloat)(x, n, y);
}
void add(const float* a, const float* b, int64_t n, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(AddFloat)(a, b, n, y);
}
void add(const uint16_t* a, const uint16_t* b, int64_t n, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(AddBfloat)(a, b, n, y);
}
void average_pool(const float* top, const float* bottom, int64_t W, int64_t C, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(AveragePoolFloat)(top, bottom, W, C, y);
}
void average_pool(const uint16_t* top, const uint16_t* bottom, int64_t W, int64_t C, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(AveragePoolBfloat)(top, bottom, W, C, y);
}
void mean_token(const float* x, const float* positions, int64_t S, int64_t D, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(MeanTokenFloat)(x, positions, S, D, y);
}
void mean_token(const uint16_t* x, const float* positions, int64_t S, int64_t D, uint16_t* y) noexcept {
  HWY_DYNAMIC_DISPATCH(MeanTokenBfloat)(x, positions, S, D, y);
}
void normalize(const float* x, int64_t D, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(Normalize)(x, D, y);
}
void softmax(const float* x, int64_t D, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(Softmax)(x, D, y);
}
void similarity(const float* a, const float* b, float alpha, int64_t n, int64_t k, float* c) noexcept {
  HWY_DYNAMIC_DISPATCH(Similarity)(a, b, alpha, n, k, c);
}

}  // namespace clipkit::kernels
#endif
