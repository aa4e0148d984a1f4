// Loads and stores shared by the kernels: float32 or bf16 in memory, float32 in registers. Included once per
// instruction set by Highway's foreach_target.h, hence no #pragma once.
#if defined(CLIPKIT_CPU_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLIPKIT_CPU_VECTOR_INL_H_
#undef CLIPKIT_CPU_VECTOR_INL_H_
#else
#define CLIPKIT_CPU_VECTOR_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::ScalableTag<float>;
using Vec = hn::Vec<F>;

HWY_INLINE Vec LoadFloats(F d, const float* from) {
  return hn::LoadU(d, from);
}
HWY_INLINE Vec LoadFloats(F d, const uint16_t* from) {
  const hn::Rebind<uint16_t, F> d16;
  const hn::RebindToUnsigned<F> d32;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from))));
}

HWY_INLINE void StoreFloats(F d, Vec v, float* to) {
  hn::StoreU(v, d, to);
}
// To the nearest bf16, ties to even; NaN stays NaN.
HWY_INLINE void StoreFloats(F, Vec v, uint16_t* to) {
  const hn::Rebind<uint16_t, F> d16;
  const hn::RebindToUnsigned<F> d32;
  const auto bits = hn::BitCast(d32, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 1));
  const auto quiet_nan = hn::Or(hn::ShiftRight<16>(bits), hn::Set(d32, 0x40));
  const auto rounded = hn::IfThenElse(hn::RebindMask(d32, hn::IsNaN(v)), quiet_nan,
                                      hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d32, 0x7FFF)))));
  // Signed, because Highway narrows signed to unsigned; the values are below 2^16.
  const hn::RebindToSigned<F> di32;
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di32, rounded)), d16, to);
}

// The first `count` lanes, the others zero (or `fill`).
template <class T>
HWY_INLINE Vec LoadPart(F d, const T* from, int64_t count, float fill = 0) {
  HWY_ALIGN T lanes[hn::MaxLanes(F())] = {};
  for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  const Vec v = LoadFloats(d, lanes);
  return fill == 0 ? v : hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(count)), v, hn::Set(d, fill));
}
template <class T>
HWY_INLINE void StorePart(F d, Vec v, T* to, int64_t count) {
  HWY_ALIGN T lanes[hn::MaxLanes(F())];
  StoreFloats(d, v, lanes);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

// Calls body(offset, count) for whole vectors, then once for the rest if there is one.
template <class Body>
HWY_INLINE void ForVectors(F d, int64_t n, const Body& body) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(i, lanes);
  if (i < n) body(i, n - i);
}
template <class T>
HWY_INLINE Vec LoadCount(F d, const T* from, int64_t count) {
  return count == static_cast<int64_t>(hn::Lanes(d)) ? LoadFloats(d, from) : LoadPart(d, from, count);
}
template <class T>
HWY_INLINE void StoreCount(F d, Vec v, T* to, int64_t count) {
  if (count == static_cast<int64_t>(hn::Lanes(d))) return StoreFloats(d, v, to);
  StorePart(d, v, to, count);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
