#include "transfer/whitening.h"

#include "base/check.h"
#include "base/parallel.h"
#include "transfer/blas.h"

namespace clipkit {

namespace {
constexpr int64_t kColumns = 128;  // of X^T X that one thread sums
constexpr int64_t kRowsOfV = 16;   // that one thread solves for
}  // namespace

Whitening::Whitening(const AugmentedRows& features) : stride_(features.stride()), intercept_(features.width()) {
  gram_.assign(static_cast<size_t>(stride_ * stride_), 0);
  const int64_t blocks = features.num_blocks(), used = std::min(blocks, kRows / AugmentedRows::kBlock);
  int64_t rows = 0;
  for (int64_t i = 0; i < used; ++i) rows += features.rows_of(i * blocks / used);
  const double scale = rows > 0 ? static_cast<double>(features.size()) / static_cast<double>(rows) : 0;
  const Blas& b = blas();
  std::vector<double> x;
  for (int64_t i = 0; i < used; ++i) {
    const int64_t block = i * blocks / used;
    features.read(block, x);
    parallel_for((stride_ + kColumns - 1) / kColumns, [&](int64_t part) {
      const int64_t first = part * kColumns, count = std::min(kColumns, stride_ - first);
      b.gemm(true, false, stride_, count, features.rows_of(block), scale, x.data(), stride_, x.data() + first, stride_,
             1, gram_.data() + first, stride_);
    });
  }
}

void Whitening::set(double factor) {
  factor_ = gram_;
  for (double& value : factor_) value *= factor;
  for (int64_t i = 0; i < stride_; ++i) {
    // The intercept has no penalty. What is added there keeps the matrix positive where the other features can say 1.
    double& diagonal = factor_[static_cast<size_t>(i * stride_ + i)];
    diagonal += i == intercept_ ? 1e-9 * diagonal + 1e-12 : 1;
  }
  if (!blas().cholesky(stride_, factor_.data(), stride_)) {
    fail(ErrorCode::kInvalidArgument, "linear probe: the features are too large");
  }
}

void Whitening::solve(bool trans, std::span<double> x) const {
  const int64_t rows = static_cast<int64_t>(x.size()) / stride_;
  parallel_for((rows + kRowsOfV - 1) / kRowsOfV, [&](int64_t part) {
    const int64_t first = part * kRowsOfV, count = std::min(kRowsOfV, rows - first);
    blas().solve_right(trans, count, stride_, factor_.data(), stride_, x.data() + first * stride_, stride_);
  });
}

void Whitening::to_weights(std::span<double> v) const {
  solve(false, v);
}

void Whitening::from_weights(std::span<double> w) const {
  parallel_for(static_cast<int64_t>(w.size()) / stride_, [&](int64_t r) {
    double* row = w.data() + r * stride_;
    for (int64_t i = 0; i < stride_; ++i) {
      // Column i of the row meets row i of L, whose last element is the diagonal: what comes before is final but for
      // later rows, and row[i] is not read again.
      const double value = row[i];
      row[i] = 0;
      const double* l = factor_.data() + i * stride_;
      for (int64_t j = 0; j <= i; ++j) row[j] += value * l[j];
    }
  });
}

}  // namespace clipkit
