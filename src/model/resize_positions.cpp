#include "model/resize_positions.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace clipkit {

namespace {

struct Taps {
  std::vector<int> index;
  std::vector<double> weight;
};

double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

std::vector<Taps> antialias_taps(int from, int to) {
  std::vector<Taps> all(static_cast<size_t>(to));
  const double scale = static_cast<double>(from) / to, stretch = std::max(scale, 1.0), support = 2 * stretch;
  for (int o = 0; o < to; ++o) {
    Taps& taps = all[static_cast<size_t>(o)];
    const double centre = (o + 0.5) * scale;
    const int low = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int high = std::min(static_cast<int>(centre + support + 0.5), from);
    double sum = 0;
    for (int i = low; i < high; ++i) {
      taps.index.push_back(i);
      taps.weight.push_back(cubic((i - centre + 0.5) / stretch, -0.5));
      sum += taps.weight.back();
    }
    for (double& weight : taps.weight) weight /= sum;
  }
  return all;
}

std::vector<Taps> plain_taps(int from, int to) {
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int o = 0; o < to; ++o) {
    Taps& taps = all[static_cast<size_t>(o)];
    const double centre = (o + 0.5) * from / to - 0.5;
    const int left = static_cast<int>(std::floor(centre));
    for (int i = left - 1; i <= left + 2; ++i) {
      taps.index.push_back(std::clamp(i, 0, from - 1));
      taps.weight.push_back(cubic(centre - i, -0.75));
    }
  }
  return all;
}

}  // namespace

Tensor resize_grid_positions(TensorView positions, int new_grid, PositionResize method) {
  const int64_t width = positions.shape()[1];
  const int old_grid = static_cast<int>(std::lround(std::sqrt(static_cast<double>(positions.shape()[0] - 1))));
  const auto taps =
      method == PositionResize::kAntialias ? antialias_taps(old_grid, new_grid) : plain_taps(old_grid, new_grid);
  Tensor result = Tensor::empty({1 + int64_t{new_grid} * new_grid, width});
  std::memcpy(result.data<float>(), positions.data<float>(), static_cast<size_t>(width) * sizeof(float));
  std::vector<double> sum(static_cast<size_t>(width));
  for (int row = 0; row < new_grid; ++row) {
    const Taps& vertical = taps[static_cast<size_t>(row)];
    for (int column = 0; column < new_grid; ++column) {
      const Taps& horizontal = taps[static_cast<size_t>(column)];
      std::fill(sum.begin(), sum.end(), 0.0);
      for (size_t i = 0; i < vertical.index.size(); ++i) {
        for (size_t j = 0; j < horizontal.index.size(); ++j) {
          const double weight = vertical.weight[i] * horizontal.weight[j];
          const auto from = positions.row<float>(1 + vertical.index[i] * old_grid + horizontal.index[j]);
          for (size_t d = 0; d < from.size(); ++d) sum[d] += weight * from[d];
        }
      }
      const auto to = result.row<float>(1 + row * new_grid + column);
      for (size_t d = 0; d < to.size(); ++d) to[d] = static_cast<float>(sum[d]);
    }
  }
  return result;
}

Tensor resize_text_positions(TensorView positions, int new_length) {
  const int64_t old_length = positions.shape()[0];
  Tensor result = Tensor::empty({new_length, positions.shape()[1]});
  for (int64_t o = 0; o < new_length; ++o) {
    const double at =
        std::max(0.0, (static_cast<double>(o) + 0.5) * static_cast<double>(old_length) / new_length - 0.5);
    const int64_t left = std::min(static_cast<int64_t>(at), old_length - 1), right = std::min(left + 1, old_length - 1);
    const double part = at - static_cast<double>(left);
    const auto a = positions.row<float>(left), b = positions.row<float>(right), to = result.row<float>(o);
    for (size_t d = 0; d < to.size(); ++d) to[d] = static_cast<float>((1 - part) * a[d] + part * b[d]);
  }
  return result;
}

}  // namespace clipkit
