#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace clipkit::testing {

// Whether products in bf16 must work here. The CPU itself is asked and not clipkit, so that a clipkit that no longer
// finds them fails its tests instead of leaving them out.
inline bool machine_has_bf16() {
#if defined(__x86_64__)
  const char* target = std::getenv("CLIPKIT_CPU");
  return (target == nullptr || std::string_view(target) == "avx512") && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

#define CLIPKIT_BF16_OR_SKIP() \
  if (!::clipkit::testing::machine_has_bf16()) GTEST_SKIP() << "this CPU has no AVX512_BF16"

}  // namespace clipkit::testing
