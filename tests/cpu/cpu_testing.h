#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/cpu_target.h"
#include "base/highway_target.h"
#include "cpu/cpu_backend.h"
#include "support/bf16.h"
#include "support/tensors.h"

// The CPU backend beside the reference in float64, on the instruction set that CLIPKIT_CPU asks for: CMakeLists.txt
// runs this program once for each.

namespace clipkit::testing {

// Empty, or why this machine cannot test the instruction set.
inline std::string missing_cpu_target() {
  try {
    cpu_target();
    return {};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    return error.what();
  }
}

// A test of kernels.
class CpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = missing_cpu_target(); !missing.empty()) GTEST_SKIP() << missing;
    apply_cpu_target_to_highway();
  }
};

// A test of the backend that runs once for each operand type.
class CpuBackendTest : public ::testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (const std::string missing = missing_cpu_target(); !missing.empty()) GTEST_SKIP() << missing;
    if (GetParam() == DType::kBFloat16) CLIPKIT_BF16_OR_SKIP();
    cpu_ = make_cpu_backend(GetParam());
  }

  DType operand() const { return GetParam(); }
  Tensor operands(Shape shape, uint32_t seed, float scale = 1, float mean = 0) const {
    return random_tensor(shape, seed, operand(), scale, mean);
  }

  std::unique_ptr<Backend> cpu_;
  std::unique_ptr<Backend> reference_ = make_reference_backend(DType::kFloat64);
};

// Largest difference over the largest value expected. A sum of n products in float32 is off by gamma(n) times the sum
// of their magnitudes, at most n times the largest; the sums here have a few hundred terms of mixed sign, and the
// bound is gamma(n) * n of 100 terms. Operands that are stored as bf16 add the rounding of each value.
inline void expect_agreement(const TensorView& found, const TensorView& expected, const std::string& what) {
  const Tensor a = to_double(found);
  double largest = 0, scale = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double difference = std::abs(a.data<double>()[i] - expected.data<double>()[i]);
    largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
    scale = std::max(scale, std::abs(expected.data<double>()[i]));
  }
  EXPECT_LE(largest, (100 * gamma(100) + unit_roundoff(found.dtype())) * scale) << what;
}

// For tests of bits that oneDNN's products decide.
#if defined(__x86_64__)
#define CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC() static_cast<void>(0)
#else
#define CLIPKIT_SKIP_WHERE_PRODUCTS_ARE_GENERIC() \
  GTEST_SKIP() << "oneDNN's generic products, the only ones here, change bits with rows and threads"
#endif

inline std::string dtype_name(const ::testing::TestParamInfo<DType>& info) {
  return to_string(info.param);
}

#define CLIPKIT_FOR_OPERAND_TYPES(Fixture)                                                     \
  INSTANTIATE_TEST_SUITE_P(Cpu, Fixture, ::testing::Values(DType::kFloat32, DType::kBFloat16), \
                           ::clipkit::testing::dtype_name)

}  // namespace clipkit::testing
