#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "base/compute_thread.h"
#include "base/parallel.h"
#include "ops/reference/reference_backend.h"
#include "tensor/convert.h"

// Random tensors, outputs between guard bytes, and rounding errors that can be derived, for the tests of operations.

namespace clipkit {

inline void PrintTo(DType dtype, std::ostream* out) {
  *out << to_string(dtype);
}

}  // namespace clipkit

namespace clipkit::testing {

// ---- making tensors

// Numbers from a list, or in the dtype of choice; kBFloat16 and kFloat16 round.
inline Tensor make_tensor(Shape shape, const std::vector<float>& values, DType dtype = DType::kFloat32) {
  Tensor tensor = Tensor::empty(shape, dtype);
  EXPECT_EQ(tensor.num_elements(), static_cast<int64_t>(values.size()));
  convert_from_float(values.data(), tensor.view().raw(), dtype, tensor.num_elements());
  return tensor;
}

// Uniform in mean + [-scale, scale), the same for the same seed on every machine.
inline Tensor random_tensor(Shape shape, uint32_t seed, DType dtype = DType::kFloat32, float scale = 1,
                            float mean = 0) {
  std::mt19937 bits(seed);
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = mean + scale * (static_cast<float>(bits() >> 8) * 0x1p-23f - 1.0f);
  return make_tensor(shape, values, dtype);
}

inline Tensor to_double(const TensorView& view) {
  Tensor result = Tensor::empty(view.shape(), DType::kFloat64);
  if (view.dtype() == DType::kFloat64) {
    std::copy_n(view.data<double>(), view.num_elements(), result.data<double>());
    return result;
  }
  std::vector<float> single(static_cast<size_t>(view.num_elements()));
  convert_to_float(view.raw(), view.dtype(), single.data(), view.num_elements());
  std::copy(single.begin(), single.end(), result.data<double>());
  return result;
}

inline Tensor magnitudes(const TensorView& view) {
  Tensor result = to_double(view);
  for (double& value : result.span<double>()) value = std::abs(value);
  return result;
}

// An output as a kernel may meet it: anywhere in memory that suits its elements, full of NaN, with guard bytes on both
// sides that must survive.
class GuardedTensor {
 public:
  explicit GuardedTensor(Shape shape, DType dtype = DType::kFloat32, size_t elements_off_alignment = 0)
      : begin_(kGuard + elements_off_alignment * size_bytes(dtype)),
        bytes_(static_cast<size_t>(shape.num_elements()) * size_bytes(dtype)),
        storage_(Tensor::empty({static_cast<int64_t>(begin_ + bytes_ + kGuard)}, DType::kUInt8)) {
    std::memset(base(), kPattern, begin_ + bytes_ + kGuard);
    std::memset(base() + begin_, 0xFF, bytes_);  // NaN in every floating type
    view_ = TensorView(static_cast<void*>(base() + begin_), shape, dtype);
  }
  // The same, holding a copy of what is given, for operations in place.
  explicit GuardedTensor(const TensorView& content, size_t elements_off_alignment = 0)
      : GuardedTensor(content.shape(), content.dtype(), elements_off_alignment) {
    if (bytes_ > 0) std::memcpy(base() + begin_, content.raw(), bytes_);
  }

  const TensorView& view() const { return view_; }
  operator const TensorView&() const { return view_; }

  bool guards_intact() const {
    const auto untouched = [](unsigned char byte) { return byte == kPattern; };
    return std::all_of(base(), base() + begin_, untouched) &&
           std::all_of(base() + begin_ + bytes_, base() + begin_ + bytes_ + kGuard, untouched);
  }

 private:
  static constexpr size_t kGuard = 128;
  static constexpr unsigned char kPattern = 0xA5;
  unsigned char* base() const { return static_cast<unsigned char*>(storage_.view().raw()); }

  size_t begin_, bytes_;
  Tensor storage_;
  TensorView view_;
};

// ---- rounding errors (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1)

// Largest relative error of one rounding to nearest.
inline double unit_roundoff(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return 0x1p-24;
    case DType::kFloat16:
      return 0x1p-11;
    case DType::kBFloat16:
      return 0x1p-8;
    default:
      return 0x1p-53;
  }
}

// Largest relative error of n roundings in float32, one after the other: a sum of n terms, in any order, is off by at
// most gamma(n) times the sum of their magnitudes.
inline double gamma(double n) {
  const double u = unit_roundoff(DType::kFloat32);
  return n * u / (1 - n * u);
}

// Below this, products and exponentials in float32 may have lost their digits or been flushed to zero.
constexpr double kTiny = 1e-37;

// |found - expected| <= tolerance(i) + kTiny, plus half a step of the type that found is stored in, for every element.
inline void expect_within(const TensorView& found, const TensorView& expected,
                          const std::function<double(int64_t)>& tolerance, const std::string& what) {
  ASSERT_EQ(found.num_elements(), expected.num_elements()) << what;
  const Tensor a = to_double(found), b = to_double(expected);
  double worst = 0;
  int64_t at = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double x = a.data<double>()[i], y = b.data<double>()[i];
    const double excess = std::abs(x - y) / (tolerance(i) + unit_roundoff(found.dtype()) * std::abs(y) + kTiny);
    if (!(excess <= worst)) {
      worst = std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
      at = i;
    }
    if (std::isinf(worst)) break;
  }
  EXPECT_LE(worst, 1.0) << what << ": element " << at << " is " << (a.num_elements() > 0 ? a.data<double>()[at] : 0)
                        << ", expected " << (a.num_elements() > 0 ? b.data<double>()[at] : 0)
                        << "; error in units of the tolerance";
}

inline bool same_bits(const TensorView& a, const TensorView& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

// ---- running

// work() on the compute thread with a team of this size; the default team is there again afterwards.
inline void with_threads(int threads, const std::function<void()>& work) {
  run_on_compute_thread([&] {
    set_num_compute_threads(threads);
    work();
    set_num_compute_threads(0);
  });
}

}  // namespace clipkit::testing
