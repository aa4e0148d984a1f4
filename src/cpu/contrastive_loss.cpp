#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "cpu/training.h"
#include "cpu/training_kernels.h"

// The matrix of logits goes by in tiles: a block of rows of x belongs to one thread, which passes over y in blocks of
// columns that stay in the cache.

namespace clipkit {

namespace {

constexpr int64_t kRows = 32, kColumns = 256;

int64_t blocks_of(int64_t rows) {
  return (rows + kRows - 1) / kRows;
}

struct Tile {
  int64_t row, rows;        // of x
  int64_t column, columns;  // of y
};

// Both sides of a loss and a thread's memory for one tile of logits.
struct Sides {
  const float *x, *y;
  int64_t n, N, E;
  float scale;

  template <class Args>
  explicit Sides(const Args& a)
      : x(a.x.template data<float>()),
        y(a.y.template data<float>()),
        n(a.x.shape()[0]),
        N(a.y.shape()[0]),
        E(a.x.shape()[1]),
        scale(std::exp(*a.logit_scale.template data<float>())) {}

  // Calls body(tile) for every tile of the block of rows, whose logits are then in l, kColumns a row.
  template <class Body>
  void for_tiles(int64_t block, float* l, const Body& body) const {
    const int64_t row = block * kRows, rows = std::min(kRows, n - row);
    for (int64_t column = 0; column < N; column += kColumns) {
      const int64_t columns = std::min(kColumns, N - column);
      for (int64_t r = 0; r < rows; ++r)
        kernels::similarity(x + (row + r) * E, y + column * E, scale, columns, E, l + r * kColumns);
      body(Tile{row, rows, column, columns});
    }
  }
};

}  // namespace

void contrastive_loss_on_cpu(const ContrastiveLossArgs& a, Tensor& scratch) {
  const Sides sides(a);
  const bool sigmoid = static_cast<bool>(a.logit_bias);
  const float bias = sigmoid ? *a.logit_bias.data<float>() : 0;
  float* memory = scratch_floats(scratch, kRows * kColumns * num_compute_threads());
  parallel_for(blocks_of(sides.n), [&](int64_t block) {
    float* l = memory + compute_thread_index() * kRows * kColumns;
    // Of each row: the sum, which softmax takes relative to exp(shift), and the logit of the pair.
    double sum[kRows] = {};
    float shift[kRows], pair[kRows];
    std::fill(shift, shift + kRows, -INFINITY);
    sides.for_tiles(block, l, [&](const Tile& t) {
      for (int64_t r = 0; r < t.rows; ++r) {
        const float* row = l + r * kColumns;
        if (sigmoid) {
          sum[r] += static_cast<double>(kernels::sum_softplus(row, t.columns, bias));
        } else {
          const float up = std::max(shift[r], kernels::largest(row, t.columns));
          sum[r] *= std::exp(static_cast<double>(shift[r]) - static_cast<double>(up));
          sum[r] += static_cast<double>(kernels::sum_exp(row, t.columns, up));
          shift[r] = up;
        }
        const int64_t own = a.first + t.row + r - t.column;
        if (0 <= own && own < t.columns) pair[r] = row[own] + bias;
      }
    });
    const int64_t row = block * kRows, rows = std::min(kRows, sides.n - row);
    for (int64_t r = 0; r < rows; ++r) {
      const double reduced = sigmoid ? sum[r] : static_cast<double>(shift[r]) + std::log(sum[r]);
      a.reduced.data<float>()[row + r] = static_cast<float>(reduced);
      a.loss.data<float>()[row + r] = static_cast<float>(reduced - static_cast<double>(pair[r]));
    }
  });
}

void contrastive_loss_backward_on_cpu(const ContrastiveLossBackwardArgs& a, Tensor& scratch) {
  const Sides sides(a);
  const bool sigmoid = static_cast<bool>(a.logit_bias);
  const float bias = sigmoid ? *a.logit_bias.data<float>() : 0, factor = static_cast<float>(a.factor);
  const int64_t blocks = blocks_of(sides.n), per_thread = kRows * (kColumns + sides.E);
  float* memory = scratch_floats(scratch, per_thread * num_compute_threads());
  // What each block adds to dlogit_scale and dlogit_bias: summed in the order of the blocks, whoever had them.
  const Tensor sums = Tensor::zeros({blocks, 2}, DType::kFloat64);
  parallel_for(blocks, [&](int64_t block) {
    float *l = memory + compute_thread_index() * per_thread, *product = l + kRows * kColumns;
    double* sum = sums.data<double>() + block * 2;
    float* dx = a.dx.data<float>() + block * kRows * sides.E;
    std::fill(dx, dx + std::min(kRows, sides.n - block * kRows) * sides.E, 0.0f);
    sides.for_tiles(block, l, [&](const Tile& t) {
      for (int64_t r = 0; r < t.rows; ++r) {
        float* row = l + r * kColumns;
        const int64_t own = a.first + t.row + r - t.column;
        const bool has_own = 0 <= own && own < t.columns;
        const float pair = has_own ? row[own] : 0;
        float own_weight = 1;
        if (sigmoid) {
          float total = 0;
          sum[0] += static_cast<double>(kernels::sigmoid_loss_gradient(row, t.columns, bias, factor, total));
          sum[1] += static_cast<double>(total);
          if (has_own) sum[0] -= a.factor * static_cast<double>(pair), sum[1] -= a.factor;
        } else {
          const float reduced = a.reduced.data<float>()[t.row + r];
          const float* reduced_y = a.reduced_y.data<float>() + t.column;
          sum[0] += static_cast<double>(
              kernels::softmax_loss_gradient(row, t.columns, reduced, reduced_y, factor, !a.own_side_only));
          if (has_own) sum[0] -= 2 * a.factor * static_cast<double>(pair);
          if (!a.own_side_only) own_weight = 2;
        }
        if (has_own) row[own] -= own_weight * factor;
      }
      kernels::rows_times(l, kColumns, t.rows, sides.y + t.column * sides.E, sides.E, t.columns, sides.E, product,
                          sides.E);
      for (int64_t i = 0; i < t.rows * sides.E; ++i) dx[i] += sides.scale * product[i];
    });
  });
  double total[2] = {};
  for (int64_t block = 0; block < blocks; ++block) {
    for (size_t i = 0; i < 2; ++i) total[i] += sums.row<double>(block)[i] * (a.scalar_factor / a.factor);
  }
  if (a.dlogit_scale) *a.dlogit_scale.data<float>() += static_cast<float>(total[0]);
  if (a.dlogit_bias) *a.dlogit_bias.data<float>() += static_cast<float>(total[1]);
}

}  // namespace clipkit
