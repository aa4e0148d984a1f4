#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "clipkit/image.h"

namespace clipkit::testing {

// A picture that has no others like it: waves in all directions, the finer the weaker, as photographs have them. The
// part from `crop` to 1 - crop of it on either axis; the scene is the same at any size.
inline Image made_scene(uint64_t seed, int width, int height, double crop = 0) {
  constexpr int kWaves = 60;
  struct Wave {
    double u, v, phase, amplitude[3];
  };
  Random random(seed, RandomUse::kDrawing);
  Wave waves[kWaves];
  for (Wave& wave : waves) {
    wave.u = random.uniform(-6, 6);
    wave.v = random.uniform(-6, 6);
    wave.phase = random.uniform(0, 2 * std::numbers::pi);
    for (double& amplitude : wave.amplitude) amplitude = random.normal() / std::max(1.0, std::hypot(wave.u, wave.v));
  }
  // cos(a + b) by the cosines and sines of a (of x) and b (of y).
  const auto turns = [&](int size, const auto& angle) {
    std::vector<std::complex<double>> all;
    for (const Wave& wave : waves)
      for (int i = 0; i < size; ++i)
        all.push_back(std::polar(1.0, angle(wave, crop + (1 - 2 * crop) * (i + 0.5) / size)));
    return all;
  };
  const auto of_x = turns(width, [](const Wave& wave, double s) { return 2 * std::numbers::pi * wave.u * s; });
  const auto of_y =
      turns(height, [](const Wave& wave, double t) { return 2 * std::numbers::pi * wave.v * t + wave.phase; });
  std::vector<double> values(static_cast<size_t>(width * height) * 3, 128);
  for (size_t w = 0; w < kWaves; ++w) {
    double* value = values.data();
    for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
      const auto b = of_y[w * static_cast<size_t>(height) + y];
      for (size_t x = 0; x < static_cast<size_t>(width); ++x) {
        const auto a = of_x[w * static_cast<size_t>(width) + x];
        const double wave = 20 * (a.real() * b.real() - a.imag() * b.imag());
        for (const double amplitude : waves[w].amplitude) *value++ += amplitude * wave;
      }
    }
  }
  Image image{.mode = ImageMode::kRgb, .width = width, .height = height};
  for (const double value : values) image.pixels.push_back(static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)));
  return image;
}

}  // namespace clipkit::testing
