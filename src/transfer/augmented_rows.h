#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "clipkit/tensor.h"

namespace clipkit {

// Feature vectors as the solver multiplies them: in double, with a 1 behind them, whose weight is the intercept, and
// zeros up to a multiple of a cache line. Made block by block from the float32 rows, which stay as they are: a copy in
// double of a large set would not fit.
class AugmentedRows {
 public:
  static constexpr int64_t kBlock = 256;  // rows: with their scores they stay in the cache between two products

  explicit AugmentedRows(TensorView x) : x_(x), width_(x.shape()[1]) {}

  int64_t size() const noexcept { return x_.shape()[0]; }
  int64_t width() const noexcept { return width_; }
  int64_t stride() const noexcept { return (width_ + 8) / 8 * 8; }  // of a row, and of weights that fit it
  int64_t num_blocks() const noexcept { return (size() + kBlock - 1) / kBlock; }
  int64_t rows_of(int64_t block) const noexcept { return std::min(kBlock, size() - block * kBlock); }

  // Fills to (rows_of(block), stride).
  void read(int64_t block, std::vector<double>& to) const {
    to.assign(static_cast<size_t>(kBlock * stride()), 0);
    for (int64_t r = 0; r < rows_of(block); ++r) {
      double* row = to.data() + r * stride();
      const auto from = x_.row<float>(block * kBlock + r);
      std::copy(from.begin(), from.end(), row);
      row[width_] = 1;
    }
  }

 private:
  TensorView x_;
  int64_t width_;
};

}  // namespace clipkit
