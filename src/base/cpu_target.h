#pragma once

namespace clipkit {

// Instruction sets that kernels are compiled for, in rising order within a family.
enum class CpuTarget {
  kScalar,  // what every CPU of this kind has
  kSse4,
  kAvx2,
  kAvx512,
  kNeon,
};

const char* to_string(CpuTarget target) noexcept;

// The best one this machine has, or the one that the environment variable CLIPKIT_CPU asks for (scalar, sse4, avx2,
// avx512, neon). Read once per process. Errors: kInvalidArgument for a name that is not one of these, kUnsupported for
// a set that the machine lacks.
CpuTarget cpu_target();

}  // namespace clipkit
