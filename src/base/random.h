#pragma once

#include <array>
#include <cstdint>

namespace clipkit {

// Philox 4x32 with 10 rounds (Salmon et al. 2011): four random words that depend on key and counter alone.
std::array<uint32_t, 4> philox(uint64_t key, std::array<uint32_t, 4> counter) noexcept;

// What random numbers are drawn for. Each consumer has numbers of its own, so that none shifts another's.
enum class RandomUse : uint32_t {
  kInitialization = 1,
  kSampleOrder = 2,
  kReplacement = 3,
  kCaption = 4,
  kAugmentation = 5,
  kPatchDropout = 6,
  kRounding = 7,
  kDrawing = 8,
  kBootstrap = 9,
  kShots = 10,
  kHoldOut = 11,
  kWrongWords = 12,
  kCalibration = 13,
};

// A sequence that is a function of its arguments alone: no thread, process or earlier draw can change it, and there is
// no state to save. a and b say where it is used, such as epoch and sample.
class Random {
 public:
  explicit Random(uint64_t seed, RandomUse use, uint32_t a = 0, uint64_t b = 0) noexcept;

  uint32_t next() noexcept;
  // In [0, 1), with 24 and 53 bits.
  float uniform() noexcept { return static_cast<float>(next() >> 8) * 0x1p-24F; }
  double uniform_double() noexcept;
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform_double(); }
  // An integer in [0, n), each as likely as the other. n > 0.
  uint64_t below(uint64_t n) noexcept;
  // Mean 0, deviation 1 (Box and Muller 1958).
  double normal() noexcept;

 private:
  uint64_t next64() noexcept { return static_cast<uint64_t>(next()) << 32 | next(); }

  uint64_t key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> words_{};
  int used_ = 4;
};

}  // namespace clipkit
