#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/random.h"
#include "ops/optimizer.h"
#include "tensor/convert.h"

namespace clipkit::reference {

// Everything about a step that is the same for all elements.
template <class T>
struct AdamWFactors {
  T keep;  // 1 - lr * weight_decay
  T beta1, beta2;
  T rate;  // lr / (1 - beta1^step)
  T root;  // 1 / sqrt(1 - beta2^step)
  T eps, gradient;

  explicit AdamWFactors(const AdamWArgs& a)
      : keep(T(1 - a.lr * a.weight_decay)),
        beta1(T(a.beta1)),
        beta2(T(a.beta2)),
        rate(T(a.lr / (1 - std::pow(a.beta1, static_cast<double>(a.step))))),
        root(T(1 / std::sqrt(1 - std::pow(a.beta2, static_cast<double>(a.step))))),
        eps(T(a.eps)),
        gradient(T(a.gradient_factor)) {}
};

template <class T>
void adamw(const AdamWFactors<T>& f, T grad, T& param, T& m, T& v) noexcept {
  const T g = f.gradient * grad;
  m = f.beta1 * m + (1 - f.beta1) * g;
  v = f.beta2 * v + (1 - f.beta2) * g * g;
  param = f.keep * param - f.rate * m / (std::sqrt(v) * f.root + f.eps);
}

// Rounding of moments to bf16. The key is one tensor's in one step; each element has 32 random bits of its own, the
// lower half for m and the upper for v (the finaliser of Appleby's MurmurHash3, a bijection that spreads every bit).
inline uint32_t rounding_key(const AdamWArgs& a) noexcept {
  return Random(a.seed, RandomUse::kRounding, a.tensor, static_cast<uint64_t>(a.step)).next();
}
inline uint32_t rounding_bits(uint32_t key, int64_t i) noexcept {
  uint32_t h = static_cast<uint32_t>(i) ^ key;
  h = (h ^ h >> 16) * 0x85EBCA6B;
  h = (h ^ h >> 13) * 0xC2B2AE35;
  return h ^ h >> 16;
}
// What lies beyond bf16's 8 digits is the probability of the neighbour that is further from zero. bits: 16 of them.
inline uint16_t round_to_bfloat16(float value, uint32_t bits) noexcept {
  if (!std::isfinite(value)) return float_to_bfloat16(value);
  return static_cast<uint16_t>((std::bit_cast<uint32_t>(value) + bits) >> 16);
}

}  // namespace clipkit::reference
