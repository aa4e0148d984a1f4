#include <cmath>
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
void QuantizeRow(const T* x, const float* input_scales, int64_t n, uint8_t* q, float* scale, int32_t* zero) {
  const F d;
  const hn::RebindToSigned<F> di;
  const hn::Rebind<uint8_t, F> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  Vec low = hn::Zero(d), high = hn::Zero(d);
  auto largest = hn::Zero(di);  // of the bits of magnitudes: Min and Max may lose a NaN
  ForVectors(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec value = hn::Mul(LoadCount(d, x + i, count), LoadCount(d, input_scales + i, count));
    low = hn::Min(low, value);
    high = hn::Max(high, value);
    largest = hn::Max(largest, hn::BitCast(di, hn::Abs(value)));
  });
  const float least = hn::GetLane(hn::MinOfLanes(d, low)), range = hn::GetLane(hn::MaxOfLanes(d, high)) - least;
  const bool finite = hn::GetLane(hn::MaxOfLanes(di, largest)) < 0x7F800000 && std::isfinite(range);
  if (!finite || range < 1e-30f) {
    for (int64_t i = 0; i < n; ++i) q[i] = 0;
    *scale = finite ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    *zero = 0;
    return;
  }
  *scale = range / 255.0f;
  const float inverse = 1.0f / *scale;
  *zero = static_cast<int32_t>(std::nearbyint(-least * inverse));
  const Vec inverse_v = hn::Set(d, inverse);
  const auto zero_v = hn::Set(di, *zero);
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
void QuantizeFloats(const float* x, const float* input_scales, int64_t n, uint8_t* q, float* scale, int32_t* zero) {
  QuantizeRow(x, input_scales, n, q, scale, zero);
}
void QuantizeBfloats(const uint16_t* x, const float* input_scales, int64_t n, uint8_t* q, float* scale, int32_t* zero) {
  QuantizeRow(x, input_scales, n, q, scale, zero);
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

HWY_EXPORT(QuantizeFloats);
HWY_EXPORT(QuantizeBfloats);
HWY_EXPORT(ScalePanel);

void quantize_row(const float* x, const float* input_scales, int64_t n, uint8_t* q, float* scale,
                  int32_t* zero) noexcept {
  HWY_DYNAMIC_DISPATCH(QuantizeFloats)(x, input_scales, n, q, scale, zero);
}
void quantize_row(const uint16_t* x, const float* input_scales, int64_t n, uint8_t* q, float* scale,
                  int32_t* zero) noexcept {
  HWY_DYNAMIC_DISPATCH(QuantizeBfloats)(x, input_scales, n, q, scale, zero);
}
void scale_panel(const PanelScales& scales, const int32_t* sums, int64_t rows, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(ScalePanel)(scales, sums, rows, y);
}

}  // namespace clipkit::kernels
#endif
