#include "base/random.h"

#include <cmath>
#include <numbers>

namespace clipkit {
namespace {

// a * b in 64 bits, as high and low word.
struct Product {
  uint32_t high, low;
};
Product multiply(uint32_t a, uint32_t b) noexcept {
  const uint64_t product = static_cast<uint64_t>(a) * b;
  return {static_cast<uint32_t>(product >> 32), static_cast<uint32_t>(product)};
}

}  // namespace

std::array<uint32_t, 4> philox(uint64_t key, std::array<uint32_t, 4> c) noexcept {
  auto key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const Product p = multiply(0xD2511F53, c[0]), q = multiply(0xCD9E8D57, c[2]);
    c = {q.high ^ c[1] ^ key0, q.low, p.high ^ c[3] ^ key1, p.low};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

Random::Random(uint64_t seed, RandomUse use, uint32_t a, uint64_t b) noexcept
    : key_(seed + static_cast<uint64_t>(use) * 0x9E3779B97F4A7C15),
      counter_{0, a, static_cast<uint32_t>(b), static_cast<uint32_t>(b >> 32)} {}

uint32_t Random::next() noexcept {
  if (used_ == 4) {
    words_ = philox(key_, counter_);
    ++counter_[0];
    used_ = 0;
  }
  return words_[static_cast<size_t>(used_++)];
}

double Random::uniform_double() noexcept {
  return static_cast<double>(next64() >> 11) * 0x1p-53;
}

uint64_t Random::below(uint64_t n) noexcept {
  // Draws above the last multiple of n would favour small results: drawn again.
  const uint64_t rest = (0 - n) % n;  // 2^64 mod n
  uint64_t draw = next64();
  while (draw < rest) draw = next64();
  return draw % n;
}

double Random::normal() noexcept {
  const double radius = std::sqrt(-2 * std::log(1 - uniform_double()));
  return radius * std::cos(2 * std::numbers::pi * uniform_double());
}

}  // namespace clipkit
