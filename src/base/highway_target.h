#pragma once

#include <hwy/targets.h>

#include "base/cpu_target.h"

// For layers that link Highway only: makes its run-time dispatch follow cpu_target().

namespace clipkit {

// Call before the first HWY_DYNAMIC_DISPATCH. The mask holds the wanted set and everything below it.
inline void apply_cpu_target_to_highway() {
  static const bool applied = [] {
    int64_t wanted = hwy::SupportedTargets();
    switch (cpu_target()) {
#if defined(__x86_64__)
      case CpuTarget::kScalar:
        wanted &= HWY_SSE2;
        break;
      case CpuTarget::kSse4:
        wanted &= HWY_SSE4 | HWY_SSSE3 | HWY_SSE2;
        break;
      case CpuTarget::kAvx2:
        wanted &= HWY_AVX2 | HWY_SSE4 | HWY_SSSE3 | HWY_SSE2;
        break;
#endif
      default:
        break;
    }
    hwy::SetSupportedTargetsForTest(wanted);
    return true;
  }();
  (void)applied;
}

}  // namespace clipkit
