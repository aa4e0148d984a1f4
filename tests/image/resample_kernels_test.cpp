#include "image/resample_kernels.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <functional>
#include <random>

#include "base/highway_target.h"

namespace clipkit {
namespace {

constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuardBytes = 96;

// An output between guard bytes, at an address that suits no vector.
class Output {
 public:
  explicit Output(int64_t bytes) : bytes_(static_cast<size_t>(bytes)), memory_(bytes_ + 2 * kGuardBytes + 1, kGuard) {}
  uint8_t* data() { return memory_.data() + kGuardBytes + 1; }
  std::vector<uint8_t> take() {
    for (size_t i = 0; i < memory_.size(); ++i) {
      if (i <= kGuardBytes || i > kGuardBytes + bytes_) {
        EXPECT_EQ(memory_[i], kGuard) << "byte " << i << " of the guard";
      }
    }
    return {data(), data() + bytes_};
  }

 private:
  size_t bytes_;
  std::vector<uint8_t> memory_;
};

std::vector<uint8_t> random_bytes(int64_t count, uint32_t seed) {
  std::mt19937 bits(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (uint8_t& byte : bytes) {
    const uint32_t word = bits();
    byte = word % 5 == 0 ? 255 : word % 5 == 1 ? 0 : static_cast<uint8_t>(word >> 8);  // extremes reach the clamps
  }
  return bytes;
}

// Runs check() under every instruction set that Highway was built for and this machine has.
void on_every_target(const std::function<void()>& check) {
  apply_cpu_target_to_highway();
  const int64_t before = hwy::SupportedTargets();
  for (int64_t rest = before; rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(before);
  hwy::GetChosenTarget().Update(before);
}

FixedPointWeights weights_for(int64_t inputs, int64_t outputs, Interpolation interpolation) {
  // A crop from the middle, so that origins are not 0.
  const int64_t begin = outputs / 5, end = outputs - outputs / 7;
  return FixedPointWeights(ResampleWeights(inputs, outputs, begin, end, interpolation));
}

struct Scale {
  int64_t inputs, outputs;
};
constexpr Scale kScales[] = {{1, 5}, {2, 9}, {7, 7}, {10, 33}, {33, 10}, {64, 63}, {200, 17}, {997, 40}, {3000, 3}};

TEST(ResampleKernels, ColumnsAreThoseOfThePlainLoopOnEveryInstructionSet) {
  for (const Scale& scale : kScales) {
    for (const Interpolation interpolation : {Interpolation::kBicubic, Interpolation::kBilinear}) {
      const FixedPointWeights weights = weights_for(scale.inputs, scale.outputs, interpolation);
      for (const int channels : {1, 2, 3, 4}) {
        for (const int64_t rows : {1, 15, 16, 17, 63, 64}) {
          const int64_t columns = weights.end_input() - weights.first_input();
          const int64_t stride = columns * channels + 5;
          // Exactly as many bytes as there are: a sanitizer sees a read beyond them.
          const std::vector<uint8_t> from = random_bytes((rows - 1) * stride + columns * channels, 7);
          const SampleRows strip{from.data(), stride, rows, channels};
          std::vector<uint8_t> scratch;
          Output expected(rows * weights.size() * channels);
          resample_columns_plain(strip, weights, weights.first_input(), expected.data(), scratch);
          const std::vector<uint8_t> wanted = expected.take();
          on_every_target([&] {
            Output found(rows * weights.size() * channels);
            resample_columns(strip, weights, weights.first_input(), found.data(), scratch);
            EXPECT_EQ(found.take(), wanted)
                << scale.inputs << " to " << scale.outputs << ", " << channels << " channels, " << rows << " rows";
          });
        }
      }
    }
  }
}

TEST(ResampleKernels, LongRowsAreDoneInRunsWithTheSameBits) {
  const FixedPointWeights weights = weights_for(20000, 701, Interpolation::kBicubic);
  const int64_t columns = weights.end_input() - weights.first_input(), rows = 3;
  const std::vector<uint8_t> from = random_bytes(rows * columns * 4, 8);
  const SampleRows strip{from.data(), columns * 4, rows, 4};
  std::vector<uint8_t> scratch;
  Output expected(rows * weights.size() * 4);
  resample_columns_plain(strip, weights, weights.first_input(), expected.data(), scratch);
  const std::vector<uint8_t> wanted = expected.take();
  on_every_target([&] {
    Output found(rows * weights.size() * 4);
    resample_columns(strip, weights, weights.first_input(), found.data(), scratch);
    EXPECT_EQ(found.take(), wanted);
    EXPECT_LT(scratch.size(), size_t{1} << 20);
  });
}

TEST(ResampleKernels, RowsAreThoseOfThePlainLoopOnEveryInstructionSet) {
  for (const Scale& scale : kScales) {
    const FixedPointWeights weights = weights_for(scale.inputs, scale.outputs, Interpolation::kBicubic);
    for (int64_t row_bytes : {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 300}) {
      const std::vector<uint8_t> from =
          random_bytes((weights.end_input() - weights.first_input()) * row_bytes, static_cast<uint32_t>(row_bytes));
      Output expected(weights.size() * row_bytes);
      resample_rows_plain(from.data(), row_bytes, weights, weights.first_input(), expected.data());
      const std::vector<uint8_t> wanted = expected.take();
      on_every_target([&] {
        Output found(weights.size() * row_bytes);
        resample_rows(from.data(), row_bytes, weights, weights.first_input(), found.data());
        EXPECT_EQ(found.take(), wanted) << scale.inputs << " to " << scale.outputs << ", " << row_bytes << " bytes";
      });
    }
  }
}

TEST(ResampleKernels, PremultiplyIsThePlainLoopForEveryColourAndAlpha) {
  std::vector<uint8_t> pairs;
  for (int color = 0; color < 256; ++color) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      pairs.push_back(static_cast<uint8_t>(color));
      pairs.push_back(static_cast<uint8_t>(alpha));
    }
  }
  const std::vector<uint8_t> quads = random_bytes(4 * 1000, 3);
  const auto compare = [](const std::vector<uint8_t>& from, int channels, int64_t pixels) {
    Output expected(pixels * channels);
    premultiply_plain(from.data(), pixels, channels, expected.data());
    const std::vector<uint8_t> wanted = expected.take();
    on_every_target([&] {
      Output found(pixels * channels);
      premultiply(from.data(), pixels, channels, found.data());
      EXPECT_EQ(found.take(), wanted) << channels << " channels, " << pixels << " pixels";
    });
  };
  compare(pairs, 2, 256 * 256);
  for (const int64_t pixels : {0, 1, 3, 4, 5, 15, 16, 17, 33, 1000}) {
    compare(quads, 4, pixels);
    compare(quads, 2, pixels);
  }
}

TEST(ResampleWeights, AddUpToOneAndCoverWhatTheyNeed) {
  for (const Scale& scale : kScales) {
    for (const Interpolation interpolation : {Interpolation::kBicubic, Interpolation::kBilinear}) {
      const ResampleWeights weights(scale.inputs, scale.outputs, 0, scale.outputs, interpolation);
      EXPECT_EQ(weights.first_input(), 0);
      EXPECT_EQ(weights.end_input(), scale.inputs);
      for (int64_t i = 0; i < weights.size(); ++i) {
        double sum = 0;
        for (const double weight : weights.weights(i)) sum += weight;
        // Each of the n quotients and n additions rounds once, on values of at most about 1.
        EXPECT_NEAR(sum, 1, 2 * static_cast<double>(weights.weights(i).size()) * 0x1p-53);
        EXPECT_GE(weights.window(i).first, 0);
        EXPECT_LE(weights.window(i).first + weights.window(i).taps, scale.inputs);
      }
    }
  }
}

TEST(ResampleWeights, HighAndLowPartsMakeTheWeight) {
  const FixedPointWeights weights = weights_for(640, 299, Interpolation::kBicubic);
  for (int64_t i = 0; i < weights.size(); ++i) {
    for (int64_t k = 0; k < weights.window(i).taps; ++k) {
      const auto half = [&](int32_t pair) { return static_cast<int16_t>(k % 2 == 0 ? pair & 0xFFFF : pair >> 16); };
      const int32_t high = half(weights.high_pairs(i)[k / 2]), low = half(weights.low_pairs(i)[k / 2]);
      EXPECT_EQ(high * 2048 + low, weights.weights(i)[k]);
      EXPECT_GE(low, 0);
    }
  }
}

}  // namespace
}  // namespace clipkit
