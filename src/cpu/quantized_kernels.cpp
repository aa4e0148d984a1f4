#include <algorithm>
#include <limits>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/quantized_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// Multiplications and additions are kept apart, without FMA, so that results are those of
// ops/reference/quantized_linear.h to the bit.

template <class T>
reference::ByteRange<float> RangeOf(const T* x, const float* input_scales, int64_t n) {
  const F d;
  const hn::RebindToSigned<F> di;
  Vec low = hn::Zero(d), high = hn::Zero(d);
  auto largest = hn::Zero(di);  // of the bits of magnitudes: Min and Max may lose a NaN
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = hn::Mul(LoadCount(d, x + i, count), LoadCount(d, input_scales + i, count));
    low = hn::Min(low, value);
    high = hn::Max(high, value);
    largest = hn::Max(largest, hn::BitCast(di, hn::Abs(value)));
  });
  if (hn::GetLane(hn::MaxOfLanes(di, largest)) >= 0x7F800000) return {-std::numeric_limits<float>::infinity()};
  return {hn::GetLane(hn::MinOfLanes(d, low)), hn::GetLane(hn::MaxOfLanes(d, high))};
}
reference::ByteRange<float> RangeOfFloats(const float* x, const float* input_scales, int64_t n) {
  return RangeOf(x, input_scales, n);
}
reference::ByteRange<float> RangeOfBfloats(const uint16_t* x, const float* input_scales, int64_t n) {
  return RangeOf(x, input_scales, n);
}

template <class T>
void ToBytes(const T* x, const float* input_scales, int64_t n, float inverse, int32_t zero, uint8_t* q) {
  const F d;
  const hn::RebindToSigned<F> di;
  const hn::Rebind<uint8_t, F> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vec inverse_v = hn::Set(d, inverse);
  const auto zero_v = hn::Set(di, zero);
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = hn::Mul(LoadCount(d, x + i, count), LoadCount(d, input_scales + i, count));
    const auto steps = hn::Add(hn::NearestInt(hn::Mul(value, inverse_v)), zero_v);
    const auto bytes = hn::DemoteTo(d8, steps);
    if (count == lanes) return hn::StoreU(bytes, d8, q + i);
    HWY_ALIGN uint8_t rest[hn::MaxLanes(F())];
    hn::StoreU(bytes, d8, rest);
    for (int64_t l = 0; l < count; ++l) q[i + l] = rest[l];
  });
}
void FloatsToBytes(const float* x, const float* input_scales, int64_t n, float inverse, int32_t zero, uint8_t* q) {
  ToBytes(x, input_scales, n, inverse, zero, q);
}
void BfloatsToBytes(const uint16_t* x, const float* input_scales, int64_t n, float inverse, int32_t zero, uint8_t* q) {
  ToBytes(x, input_scales, n, inverse, zero, q);
}

void ScalePanel(const PanelScales& s, const int32_t* sums, int64_t rows, float* y) {
  const F d;
  const hn::RebindToSigned<F> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < rows; ++r, sums += kPanelColumns, y += kPanelColumns) {
    const Vec row_scale = hn::Set(d, s.row_scales[r]);
    const auto zero = hn::Set(di, s.zeros[r]);
    for (int64_t c = 0; c < kPanelColumns; c += lanes) {
      const auto sum = hn::Sub(hn::LoadU(di, sums + c), hn::Mul(zero, hn::LoadU(di, s.column_sums + c)));
      const Vec scale = hn::Mul(row_scale, hn::LoadU(d, s.column_scales + c));
      hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(d, sum), scale), hn::LoadU(d, s.bias + c)), d, y + c);
    }
  }
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(RangeOfFloats);
HWY_EXPORT(RangeOfBfloats);
HWY_EXPORT(FloatsToBytes);
HWY_EXPORT(BfloatsToBytes);
HWY_EXPORT(ScalePanel);

reference::ByteRange<float> byte_range(const float* x, const float* input_scales, int64_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(RangeOfFloats)(x, input_scales, n);
}
reference::ByteRange<float> byte_range(const uint16_t* x, const float* input_scales, int64_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(RangeOfBfloats)(x, input_scales, n);
}
void to_bytes(const float* x, const float* input_scales, int64_t n, reference::ByteScale<float> s,
              uint8_t* q) noexcept {
  if (!(s.scale > 0)) return std::fill_n(q, n, uint8_t{0}), void();
  HWY_DYNAMIC_DISPATCH(FloatsToBytes)(x, input_scales, n, 1.0f / s.scale, s.zero, q);
}
void to_bytes(const uint16_t* x, const float* input_scales, int64_t n, reference::ByteScale<float> s,
              uint8_t* q) noexcept {
  if (!(s.scale > 0)) return std::fill_n(q, n, uint8_t{0}), void();
  HWY_DYNAMIC_DISPATCH(BfloatsToBytes)(x, input_scales, n, 1.0f / s.scale, s.zero, q);
}
void scale_panel(const PanelScales& scales, const int32_t* sums, int64_t rows, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(ScalePanel)(scales, sums, rows, y);
}

}  // namespace clipkit::kernels
#endif
