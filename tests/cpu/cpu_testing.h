#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "base/cpu_target.h"
#include "base/highway_target.h"
#include "cpu/cpu_backend.h"
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
    try {
      cpu_ = make_cpu_backend(GetParam());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
      GTEST_SKIP() << error.what();
    }
  }

  DType operand() const { return GetParam(); }
  Tensor operands(Shape shape, uint32_t seed, float scale = 1, float mean = 0) const {
    return random_tensor(shape, seed, operand(), scale, mean);
  }

  std::unique_ptr<Backend> cpu_;
  std::unique_ptr<Backend> reference_ = make_reference_backend(DType::kFloat64);
};

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
