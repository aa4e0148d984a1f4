#include "eval/picture_signature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/compute_thread.h"
#include "base/parallel.h"

namespace clipkit {

namespace {

constexpr int64_t kSide = 32, kPixels = kSide * kSide;  // px
constexpr size_t kBrightness = 8, kColour = 4;          // frequencies along each side
constexpr int64_t kValues = kBrightness * kBrightness - 1 + 2 * kColour * kColour;

using Cosines = std::array<std::array<float, kSide>, kBrightness>;

// Orthonormal but for a factor.
Cosines make_cosines() {
  Cosines cosines{};
  for (size_t f = 0; f < cosines.size(); ++f) {
    for (size_t i = 0; i < cosines[f].size(); ++i) {
      const double angle = std::numbers::pi * static_cast<double>(f) * (static_cast<double>(i) + 0.5) / kSide;
      cosines[f][i] = static_cast<float>((f == 0 ? std::numbers::sqrt2 / 2 : 1) * std::cos(angle));
    }
  }
  return cosines;
}

// The n x n lowest frequencies, each times itself; the mean too where it says something. Returns where they end.
float* add_frequencies(const Cosines& cosines, std::span<const float> plane, size_t n, bool with_mean, float* out) {
  std::array<std::array<float, kSide>, kBrightness> rows{};  // of each row its frequencies, turned
  for (size_t u = 0; u < n; ++u) {
    for (size_t y = 0; y < kSide; ++y) {
      for (size_t x = 0; x < kSide; ++x) rows[u][y] += cosines[u][x] * plane[y * kSide + x];
    }
  }
  for (size_t u = 0; u < n; ++u) {
    for (size_t v = 0; v < n; ++v) {
      if (u + v == 0 && !with_mean) continue;
      float sum = 0;
      for (size_t y = 0; y < kSide; ++y) sum += cosines[v][y] * rows[u][y];
      *out++ = sum * std::sqrt(static_cast<float>(std::max<size_t>(1, u * u + v * v)));
    }
  }
  return out;
}

void signature_of(const Cosines& cosines, std::span<const float> rgb, float* out) {
  std::array<float, kPixels> brightness{}, blue{}, red{};  // as JPEG's Y, Cb, Cr
  for (size_t i = 0; i < kPixels; ++i) {
    const float r = rgb[i], g = rgb[kPixels + i], b = rgb[2 * kPixels + i];
    brightness[i] = 0.299F * r + 0.587F * g + 0.114F * b;
    blue[i] = 0.564F * (b - brightness[i]);
    red[i] = 0.713F * (r - brightness[i]);
  }
  out = add_frequencies(cosines, brightness, kBrightness, false, out);
  out = add_frequencies(cosines, blue, kColour, true, out);
  add_frequencies(cosines, red, kColour, true, out);
}

}  // namespace

Encoder signature_encoder(Backend& backend) {
  PreprocessConfig squash{.height = kSide, .width = kSide, .resize_mode = ResizeMode::kSquash};
  squash.mean = {0, 0, 0};
  squash.std = {1, 1, 1};
  return {.fingerprint = "picture signature 1",
          .preprocess = squash,
          .embed_dim = kValues,
          .encode_pixels =
              [cosines = make_cosines()](TensorView pixels, Output) {
                Tensor rows = Tensor::empty({pixels.shape()[0], kValues});
                run_on_compute_thread([&] {
                  parallel_for(pixels.shape()[0], [&](int64_t i) {
                    signature_of(cosines, pixels.row<float>(i), rows.row<float>(i).data());
                  });
                });
                return rows;
              },
          .backend = &backend};
}

}  // namespace clipkit
