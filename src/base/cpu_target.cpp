#include "base/cpu_target.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "base/check.h"

namespace clipkit {

namespace {

constexpr std::array kTargets = {CpuTarget::kScalar, CpuTarget::kSse4, CpuTarget::kAvx2, CpuTarget::kAvx512,
                                 CpuTarget::kNeon};

bool machine_has(CpuTarget target) noexcept {
  switch (target) {
    case CpuTarget::kScalar:
      return true;
#if defined(__x86_64__)
    case CpuTarget::kSse4:
      return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
    case CpuTarget::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CpuTarget::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#elif defined(__aarch64__)
    case CpuTarget::kNeon:
      return true;
#endif
    default:
      return false;
  }
}

CpuTarget choose() {
  CpuTarget best = CpuTarget::kScalar;
  for (const CpuTarget target : kTargets) {
    if (machine_has(target)) best = target;
  }
  const char* wanted = std::getenv("CLIPKIT_CPU");
  if (wanted == nullptr || *wanted == '\0') return best;
  for (const CpuTarget target : kTargets) {
    if (std::string_view(wanted) != to_string(target)) continue;
    if (!machine_has(target)) {
      fail(ErrorCode::kUnsupported, "CLIPKIT_CPU=", wanted, ": this machine does not have it; its best is ",
           to_string(best));
    }
    return target;
  }
  fail(ErrorCode::kInvalidArgument, "CLIPKIT_CPU=", wanted, ": expected scalar, sse4, avx2, avx512 or neon");
}

}  // namespace

const char* to_string(CpuTarget target) noexcept {
  switch (target) {
    case CpuTarget::kScalar:
      return "scalar";
    case CpuTarget::kSse4:
      return "sse4";
    case CpuTarget::kAvx2:
      return "avx2";
    case CpuTarget::kAvx512:
      return "avx512";
    case CpuTarget::kNeon:
      return "neon";
  }
  return "unknown";
}

CpuTarget cpu_target() {
  static const CpuTarget target = choose();
  return target;
}

}  // namespace clipkit
