#include "cpu/peak.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/cpu_target.h"
#include "base/highway_target.h"
#include "base/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/peak.cpp"
#include <hwy/foreach_target.h>  // compiles what follows once per instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace clipkit::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kChains = 12;  // independent, to hide the latency of an FMA on two units

// Returns the floating-point operations done, and a value that depends on all of them in *sink.
int64_t FmaChains(int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  hn::Vec<hn::ScalableTag<float>> sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  const auto a = hn::Set(d, 0.999f), b = hn::Set(d, 1e-3f);
  for (int64_t r = 0; r < rounds; ++r) {
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], a, b);
  }
  auto total = sum[0];
  for (int i = 1; i < kChains; ++i) total = hn::Add(total, sum[i]);
  *sink = hn::GetLane(hn::SumOfLanes(d, total));
  return rounds * kChains * 2 * static_cast<int64_t>(hn::Lanes(d));
}

}  // namespace clipkit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace clipkit {

HWY_EXPORT(FmaChains);

namespace {

#if defined(__x86_64__)
// Debian's Highway has no bf16 dot product.
__attribute__((target("avx512f,avx512bf16"))) int64_t bf16_chains(int64_t rounds, float* sink) {
  constexpr int kBf16Chains = 12;
  __m512 sum[kBf16Chains];
  for (auto& s : sum) s = _mm512_set1_ps(1.0f);
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1e-3f), _mm512_set1_ps(1e-3f));
  for (int64_t r = 0; r < rounds; ++r) {
    for (auto& s : sum) s = _mm512_dpbf16_ps(s, a, a);
  }
  __m512 total = sum[0];
  for (int i = 1; i < kBf16Chains; ++i) total = _mm512_add_ps(total, sum[i]);
  *sink = _mm512_reduce_add_ps(total);
  return rounds * kBf16Chains * 2 * 32;
}

// Nor of bytes.
__attribute__((target("avx512f,avx512vnni"))) int64_t int8_chains(int64_t rounds, float* sink) {
  constexpr int kInt8Chains = 12;
  __m512i sum[kInt8Chains];
  for (auto& s : sum) s = _mm512_set1_epi32(1);
  const __m512i a = _mm512_set1_epi8(1);
  for (int64_t r = 0; r < rounds; ++r) {
    for (auto& s : sum) s = _mm512_dpbusd_epi32(s, a, a);
  }
  __m512i total = sum[0];
  for (int i = 1; i < kInt8Chains; ++i) total = _mm512_add_epi32(total, sum[i]);
  *sink = static_cast<float>(_mm512_reduce_add_epi32(total));
  return rounds * kInt8Chains * 2 * 64;
}
#endif

template <class Chains>
double measure(const Chains& chains) {
  constexpr int64_t kRounds = 1'000'000;
  double best = 0;
  for (int run = 0; run < 8; ++run) {
    const int threads = num_compute_threads();
    int64_t operations = 0;
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, [&](int64_t thread) {
      float sink = 0;
      const int64_t done = chains(kRounds, &sink);
      // The comparison can never hold, but the compiler cannot know: the chains must be computed.
      if (thread == 0) operations = sink == -1.0f ? 0 : done;
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, static_cast<double>(operations) * threads / seconds / 1e9);
  }
  return best;
}

}  // namespace

double measure_fp32_gflops() {
  apply_cpu_target_to_highway();
  return measure([](int64_t rounds, float* sink) { return HWY_DYNAMIC_DISPATCH(FmaChains)(rounds, sink); });
}

double measure_bf16_gflops() {
#if defined(__x86_64__)
  if (cpu_target() == CpuTarget::kAvx512 && __builtin_cpu_supports("avx512bf16")) {
    return measure([](int64_t rounds, float* sink) { return bf16_chains(rounds, sink); });
  }
#endif
  return 0;
}

double measure_int8_gops() {
#if defined(__x86_64__)
  if (cpu_target() == CpuTarget::kAvx512 && __builtin_cpu_supports("avx512vnni")) {
    return measure([](int64_t rounds, float* sink) { return int8_chains(rounds, sink); });
  }
#endif
  return 0;
}

}  // namespace clipkit
#endif
