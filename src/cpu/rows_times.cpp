#include "cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/rows_times.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

#include "cpu/rows_times-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clipkit::kernels::HWY_NAMESPACE {

void RowsTimesMatrix(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t k,
                     int64_t n, float* c, int64_t c_stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F()));
  const int64_t vecs = n / lanes;
  int64_t r = 0;
  for (; r + kTileRows <= m; r += kTileRows) {
    RowsTimes<kTileRows>(a + r * a_stride, a_stride, b, b_stride, k, vecs, c + r * c_stride, c_stride);
  }
  for (; r < m; ++r) RowsTimes<1>(a + r * a_stride, a_stride, b, b_stride, k, vecs, c + r * c_stride, c_stride);
  for (int64_t j = vecs * lanes; j < n; ++j) {  // the columns that fill no vector
    for (r = 0; r < m; ++r) {
      float sum = 0;
      for (int64_t l = 0; l < k; ++l) sum += a[r * a_stride + l] * b[l * b_stride + j];
      c[r * c_stride + j] = sum;
    }
  }
}

}  // namespace clipkit::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace clipkit::kernels {

HWY_EXPORT(RowsTimesMatrix);

void rows_times(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t k, int64_t n,
                float* c, int64_t c_stride) noexcept {
  HWY_DYNAMIC_DISPATCH(RowsTimesMatrix)(a, a_stride, m, b, b_stride, k, n, c, c_stride);
}

}  // namespace clipkit::kernels
#endif
