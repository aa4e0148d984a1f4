// The sigmoid of vectors. Included once per instruction set by Highway's foreach_target.h, hence no #pragma once.
#if defined(CLIPKIT_CPU_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLIPKIT_CPU_SIGMOID_INL_H_
#undef CLIPKIT_CPU_SIGMOID_INL_H_
#else
#define CLIPKIT_CPU_SIGMOID_INL_H_
#endif

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// factor / (1 + exp(-x)), 0 far to the left: Highway's exp, good up to 104, gives anything beyond. NaN stays NaN.
HWY_INLINE Vec TimesSigmoid(F d, Vec factor, Vec x) {
  const Vec quotient = hn::Div(factor, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, hn::Neg(x))));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -88.0f)), quotient);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
