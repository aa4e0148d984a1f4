#pragma once

#include <hwy/targets.h>

#include "base/cpu_target.h"

// For layers that link Highway only: makes its run-time dispatch follow cpu_target().

namespace clipkit {

// Call before HWY_DYNAMIC_DISPATCH. Afterwards Highway offers the wanted set and those below it; under kScalar its
// fallback: one lane on x86-64, but NEON on aarch64, so a kernel with a plain loop should call that itself.
// Errors: those of cpu_target().
inline void apply_cpu_target_to_highway() {
  static const bool applied = [] {
    // The fallback's bits keep the mask from being 0, which would mean "no restriction".
    int64_t wanted = HWY_SCALAR | HWY_EMU128;
    switch (cpu_target()) {
      case CpuTarget::kScalar:
        break;
#if HWY_ARCH_X86
      case CpuTarget::kSse4:
        wanted |= HWY_SSE4;
        break;
      case CpuTarget::kAvx2:
        wanted |= HWY_AVX2 | HWY_SSE4;
        break;
#endif
      default:
        wanted = ~int64_t{0};
        break;
    }
    hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & wanted);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return true;
  }();
  (void)applied;
}

}  // namespace clipkit
