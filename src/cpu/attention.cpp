#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/attention.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cpu/rows_times-inl.h"
#include "cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

// p = exp(s - max s) over the first n elements, zero up to the end of the last vector of `vecs`; returns the sum.
HWY_INLINE float ExpRow(float* s, int64_t n, int64_t vecs) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  std::fill(s + n, s + vecs * lanes, -std::numeric_limits<float>::infinity());
  Vec largest = hn::LoadU(d, s);
  for (int64_t v = 1; v < vecs; ++v) largest = hn::Max(largest, hn::LoadU(d, s + v * lanes));
  largest = hn::MaxOfLanes(d, largest);
  Vec sum = hn::Zero(d);
  for (int64_t v = 0; v < vecs; ++v) {
    const Vec p = hn::Exp(d, hn::Sub(hn::LoadU(d, s + v * lanes), largest));
    hn::StoreU(p, d, s + v * lanes);
    sum = hn::Add(sum, p);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

HWY_INLINE int64_t RoundUp(int64_t n, int64_t step) {
  return (n + step - 1) / step * step;
}

// Queries [first, first + kRows): scores, softmax, weighted sum of values, all in scratch that stays in the first
// cache.
template <int kRows, class T>
HWY_INLINE void QueryTile(const AttentionHead& head, const T* q, int64_t first, const float* keys, const float* values,
                          int64_t key_stride, int64_t value_stride, float* work, T* out) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  float* scaled = work;                               // (kRows, value_stride)
  float* scores = scaled + kTileRows * value_stride;  // (kRows, key_stride)
  const Vec scale = hn::Set(d, 1.0f / std::sqrt(static_cast<float>(head.Dh)));
  for (int r = 0; r < kRows; ++r) {
    const T* row = q + (first + r) * head.q_stride;
    ForVectors(d, head.Dh, [&](int64_t i, int64_t n) HWY_ATTR {
      hn::StoreU(hn::Mul(LoadCount(d, row + i, n), scale), d, scaled + r * value_stride + i);
    });
  }
  const auto visible = [&](int64_t r) { return head.causal ? head.nk - head.nq + first + r + 1 : head.nk; };
  const int64_t most = visible(kRows - 1), vecs = (most + lanes - 1) / lanes;
  RowsTimes<kRows>(scaled, value_stride, keys, key_stride, head.Dh, vecs, scores, key_stride);
  float total[kRows];
  for (int r = 0; r < kRows; ++r) total[r] = ExpRow(scores + r * key_stride, visible(r), vecs);
  RowsTimes<kRows>(scores, key_stride, values, value_stride, most, value_stride / lanes, scaled, value_stride);
  for (int r = 0; r < kRows; ++r) {
    const Vec factor = hn::Set(d, 1.0f / total[r]);
    T* row = out + (first + r) * head.q_stride;
    ForVectors(d, head.Dh, [&](int64_t i, int64_t n) HWY_ATTR {
      StoreCount(d, hn::Mul(hn::LoadU(d, scaled + r * value_stride + i), factor), row + i, n);
    });
  }
}

template <class T>
void Attention(const AttentionHead& head, const T* q, const T* k, const T* v, T* out) {
  const F d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t key_stride = RoundUp(head.nk, lanes), value_stride = RoundUp(head.Dh, lanes);
  float* keys = head.scratch;                        // (Dh, key_stride): transposed
  float* values = keys + value_stride * key_stride;  // (nk, value_stride)
  float* work = values + head.nk * value_stride;

  for (int64_t j = 0; j < head.nk; ++j) {
    float* row = values + j * value_stride;
    ForVectors(d, head.Dh, [&](int64_t i, int64_t n) HWY_ATTR {
      hn::StoreU(LoadCount(d, v + j * head.kv_stride + i, n), d, row + i);
    });
  }
  for (int64_t j = 0; j < key_stride;
       j += lanes) {  // one vector of keys after the other, so that stores are contiguous
    HWY_ALIGN float block[hn::MaxLanes(F()) * hn::MaxLanes(F())];
    for (int64_t i = 0; i < head.Dh; i += lanes) {
      const int64_t n = std::min(lanes, head.Dh - i);
      for (int64_t l = 0; l < lanes; ++l) {
        const Vec row = j + l < head.nk ? LoadCount(d, k + (j + l) * head.kv_stride + i, n) : hn::Zero(d);
        hn::StoreU(row, d, block + l * lanes);
      }
      for (int64_t m = 0; m < n; ++m) {
        float* to = keys + (i + m) * key_stride + j;
        for (int64_t l = 0; l < lanes; ++l) to[l] = block[l * lanes + m];
      }
    }
  }

  int64_t first = 0;
  for (; first + kTileRows <= head.nq; first += kTileRows) {
    QueryTile<kTileRows>(head, q, first, keys, values, key_stride, value_stride, work, out);
  }
  for (; first < head.nq; ++first) QueryTile<1>(head, q, first, keys, values, key_stride, value_stride, work, out);
}

void AttentionFloat(const AttentionHead& head, const float* q, const float* k, const float* v, float* out) {
  Attention(head, q, k, v, out);
}
void AttentionBfloat(const AttentionHead& head, const uint16_t* q, const uint16_t* k, const uint16_t* v,
                     uint16_t* out) {
  Attention(head, q, k, v, out);
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(AttentionFloat);
HWY_EXPORT(AttentionBfloat);

int64_t attention_scratch(int64_t nk, int64_t Dh) noexcept {
  constexpr int64_t kLanes = 16, kRows = 6;  // the largest of any instruction set
  const int64_t key_stride = (nk + kLanes - 1) / kLanes * kLanes, value_stride = (Dh + kLanes - 1) / kLanes * kLanes;
  return value_stride * key_stride + nk * value_stride + kRows * (value_stride + key_stride);
}

void attention(const AttentionHead& head, const float* q, const float* k, const float* v, float* out) noexcept {
  HWY_DYNAMIC_DISPATCH(AttentionFloat)(head, q, k, v, out);
}
void attention(const AttentionHead& head, const uint16_t* q, const uint16_t* k, const uint16_t* v,
               uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(AttentionBfloat)(head, q, k, v, out);
}

}  // namespace clipkit::kernels
#endif
