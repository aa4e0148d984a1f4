#include "cpu/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "cpu/kernels.h"

namespace clipkit {

namespace {

// Sums go by blocks of this many rows, each into doubles of its own, and then over the blocks.
constexpr int64_t kBlockRows = 128;

// Calls body(block, first row, rows).
template <class Body>
void for_blocks(int64_t rows, const Body& body) {
  parallel_for((rows + kBlockRows - 1) / kBlockRows, [&](int64_t block) {
    body(block, block * kBlockRows, std::min(kBlockRows, rows - block * kBlockRows));
  });
}

// sums[i] = sum over the blocks of what sum_block(first row, rows, to) writes.
template <class SumBlock>
void sum_rows(int64_t rows, int64_t size, Tensor& scratch, double* sums, const SumBlock& sum_block) {
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  if (!scratch || scratch.num_elements() < 2 * blocks * size) scratch = Tensor::empty({2 * blocks * size});
  auto* partial = static_cast<double*>(scratch.view().raw());  // (blocks, size)
  for_blocks(rows,
             [&](int64_t block, int64_t first, int64_t count) { sum_block(first, count, partial + block * size); });
  constexpr int64_t kPiece = 512;
  parallel_for((size + kPiece - 1) / kPiece, [&](int64_t piece) {
    const int64_t begin = piece * kPiece, end = std::min(size, begin + kPiece);
    std::fill(sums + begin, sums + end, 0.0);
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t i = begin; i < end; ++i) sums[i] += partial[block * size + i];
    }
  });
}

template <class T>
T* row(const TensorView& tensor, int64_t r) {
  return tensor ? static_cast<T*>(tensor.raw()) + r * tensor.shape()[1] : nullptr;
}

// Three vectors of C that a pass over the rows reads.
struct Factors {
  Factors(Tensor& scratch, int64_t C) {
    if (!scratch || scratch.num_elements() < 3 * C) scratch = Tensor::empty({3 * C});
    scale = scratch.data<float>();
    offset = scale + C;
    slope = offset + C;
  }
  float *scale, *offset, *slope;
};

double rstd(const TensorView& var, int64_t c, double eps) {
  return 1 / std::sqrt(double{var.data<float>()[c]} + eps);
}

}  // namespace

template <class T>
void batch_sums_on_cpu(const BatchSumsArgs& a, Tensor& scratch) {
  const int64_t C = a.x.shape()[1];
  sum_rows(a.x.shape()[0], 2 * C, scratch, a.sums.data<double>(),
           [&](int64_t first, int64_t count, double* to) { kernels::channel_sums(row<T>(a.x, first), count, C, to); });
}

template <class T>
void batch_norm_on_cpu(const BatchNormArgs& a, Tensor& scratch) {
  const int64_t C = a.x.shape()[1];
  const Factors factors(scratch, C);
  for (int64_t c = 0; c < C; ++c) {
    factors.scale[c] = static_cast<float>(a.weight.data<float>()[c] * rstd(a.var, c, a.eps));
  }
  for_blocks(a.x.shape()[0], [&](int64_t, int64_t first, int64_t count) {
    kernels::batch_norm(row<T>(a.x, first), a.mean.data<float>(), factors.scale, a.bias.data<float>(),
                        row<T>(a.residual, first), a.relu, count, C, row<T>(a.y, first));
  });
}

template <class T>
void batch_norm_backward_sums_on_cpu(const BatchNormBackwardSumsArgs& a, Tensor& scratch) {
  const int64_t C = a.x.shape()[1];
  auto* sums = a.sums.data<double>();
  sum_rows(a.x.shape()[0], 2 * C, scratch, sums, [&](int64_t first, int64_t count, double* to) {
    if (a.y) kernels::relu_backward(row<T>(a.y, first), count * C, row<T>(a.dy, first));
    kernels::channel_gradient_sums(row<T>(a.x, first), a.mean.data<float>(), row<T>(a.dy, first), count, C, to);
  });
  for (int64_t c = 0; c < C; ++c) {
    sums[C + c] *= rstd(a.var, c, a.eps);
    if (!a.dweight) continue;
    a.dbias.data<float>()[c] += static_cast<float>(sums[c]);
    a.dweight.data<float>()[c] += static_cast<float>(sums[C + c]);
  }
}

template <class T>
void batch_norm_backward_on_cpu(const BatchNormBackwardArgs& a, Tensor& scratch) {
  const int64_t C = a.x.shape()[1];
  const double* sums = a.sums ? a.sums.data<double>() : nullptr;
  const Factors factors(scratch, C);
  for (int64_t c = 0; c < C; ++c) {
    const double r = rstd(a.var, c, a.eps), n = static_cast<double>(a.count);
    factors.scale[c] = static_cast<float>(a.weight.data<float>()[c] * r);
    factors.offset[c] = sums ? static_cast<float>(sums[c] / n) : 0.0f;
    factors.slope[c] = sums ? static_cast<float>(sums[C + c] * r / n) : 0.0f;
  }
  for_blocks(a.x.shape()[0], [&](int64_t, int64_t first, int64_t count) {
    kernels::batch_norm_backward(row<T>(a.x, first), a.mean.data<float>(), factors.scale, factors.offset, factors.slope,
                                 row<T>(a.dy, first), count, C, row<T>(a.dx, first));
  });
}

template void batch_sums_on_cpu<float>(const BatchSumsArgs&, Tensor&);
template void batch_sums_on_cpu<uint16_t>(const BatchSumsArgs&, Tensor&);
template void batch_norm_on_cpu<float>(const BatchNormArgs&, Tensor&);
template void batch_norm_on_cpu<uint16_t>(const BatchNormArgs&, Tensor&);
template void batch_norm_backward_sums_on_cpu<float>(const BatchNormBackwardSumsArgs&, Tensor&);
template void batch_norm_backward_sums_on_cpu<uint16_t>(const BatchNormBackwardSumsArgs&, Tensor&);
template void batch_norm_backward_on_cpu<float>(const BatchNormBackwardArgs&, Tensor&);
template void batch_norm_backward_on_cpu<uint16_t>(const BatchNormBackwardArgs&, Tensor&);

}  // namespace clipkit
