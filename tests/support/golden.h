#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"

// Recorded values: from ../shared/golden where a developer has it, else from the copied core in tests/golden.

namespace clipkit::testing {

// Empty if neither place has the file.
inline std::filesystem::path golden(const std::string& relative) {
  for (const auto& root :
       {std::filesystem::path(CLIPKIT_SHARED_DIR) / "golden", std::filesystem::path(CLIPKIT_TEST_DIR) / "golden"}) {
    if (std::filesystem::exists(root / relative)) return root / relative;
  }
  return {};
}

inline StateDict read_golden(const std::filesystem::path& path) {
  return read_safetensors(MappedFile::open(path)).tensors;
}

#define CLIPKIT_GOLDEN_OR_SKIP(variable, relative)                             \
  const std::filesystem::path variable = ::clipkit::testing::golden(relative); \
  if (variable.empty()) GTEST_SKIP() << "golden/" << (relative) << " is neither in ../shared nor in the copied core"

inline double element(const TensorView& tensor, int64_t i) {
  return tensor.dtype() == DType::kFloat64 ? tensor.data<double>()[i] : tensor.data<float>()[i];
}

// Recorded class numbers.
inline std::vector<int32_t> labels_of(const TensorView& labels) {
  const auto values = labels.span<int64_t>();
  return {values.begin(), values.end()};
}

// Largest |found - expected| and largest |expected|.
struct Difference {
  double largest = 0, scale = 0;
};
inline Difference difference(const TensorView& found, const TensorView& expected) {
  Difference result;
  EXPECT_EQ(found.num_elements(), expected.num_elements());
  if (found.num_elements() != expected.num_elements()) return {INFINITY, 1};
  for (int64_t i = 0; i < found.num_elements(); ++i) {
    const double a = element(found, i), b = element(expected, i);
    if (a != b) {  // what is no number on either side is as far off as can be
      const double apart = std::abs(a - b);
      result.largest = std::isnan(apart) ? INFINITY : std::max(result.largest, apart);
    }
    result.scale = std::max(result.scale, std::abs(b));
  }
  return result;
}

// |found - expected| <= absolute + relative * |expected| for every element.
inline void expect_close(const TensorView& found, const TensorView& expected, double absolute, double relative,
                         const std::string& what) {
  ASSERT_EQ(found.num_elements(), expected.num_elements()) << what;
  double worst = 0;
  for (int64_t i = 0; i < found.num_elements(); ++i) {
    const double a = element(found, i), b = element(expected, i);
    if (a == b) continue;
    const double excess = std::abs(a - b) / (absolute + relative * std::abs(b));
    worst = std::isnan(excess) ? INFINITY : std::max(worst, excess);
  }
  EXPECT_LE(worst, 1.0) << what << ": in units of the tolerance";
}

}  // namespace clipkit::testing
