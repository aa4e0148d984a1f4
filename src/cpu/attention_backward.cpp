#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/kernels.h"

// One head's backward pass as five small products (ops/attention.h has the formulas), on float32 copies of its rows.
// The probabilities are computed again: that costs one product and saves the memory of all heads' scores.

namespace clipkit::kernels {

namespace {

// Rows of a matrix are this far apart, so that each begins on a cache line.
int64_t padded(int64_t columns) {
  return (columns + 15) / 16 * 16;
}

void load(const float* from, int64_t n, float* to) {
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}
void load(const uint16_t* from, int64_t n, float* to) {
  convert(from, n, to);
}
void store(const float* from, int64_t n, float* to) {
  load(from, n, to);
}
void store(const float* from, int64_t n, uint16_t* to) {
  convert(from, n, to);
}

struct Matrix {
  float* data;
  int64_t rows, columns, stride;
  float* row(int64_t r) const { return data + r * stride; }
};

// Matrices one after the other.
class Memory {
 public:
  explicit Memory(float* begin) : next_(begin) {}
  Matrix matrix(int64_t rows, int64_t columns) {
    const Matrix result{next_, rows, columns, padded(columns)};
    next_ += rows * result.stride;
    return result;
  }

 private:
  float* next_;
};

template <class T>
Matrix rows_of(Memory& memory, const T* from, int64_t rows, int64_t columns, int64_t stride) {
  const Matrix result = memory.matrix(rows, columns);
  for (int64_t r = 0; r < rows; ++r) load(from + r * stride, columns, result.row(r));
  return result;
}

void transpose(const Matrix& from, const Matrix& to) {
  constexpr int64_t kTile = 16;  // a cache line of each
  for (int64_t i = 0; i < from.rows; i += kTile) {
    for (int64_t j = 0; j < from.columns; j += kTile) {
      for (int64_t r = i; r < std::min(from.rows, i + kTile); ++r) {
        for (int64_t c = j; c < std::min(from.columns, j + kTile); ++c) to.row(c)[r] = from.row(r)[c];
      }
    }
  }
}

void multiply(const Matrix& a, const Matrix& b, const Matrix& c) {
  rows_times(a.data, a.stride, a.rows, b.data, b.stride, a.columns, b.columns, c.data, c.stride);
}

template <class T>
void multiply_into(const Matrix& a, const Matrix& b, const Matrix& result, int64_t stride, T* to) {
  multiply(a, b, result);
  for (int64_t r = 0; r < result.rows; ++r) store(result.row(r), result.columns, to + r * stride);
}

template <class T>
void backward(const AttentionHead& h, const T* q_rows, const T* k_rows, const T* v_rows, const T* dout_rows, T* dq,
              T* dk, T* dv) {
  Memory memory(h.scratch);
  const Matrix q = rows_of(memory, q_rows, h.nq, h.Dh, h.q_stride),
               dout = rows_of(memory, dout_rows, h.nq, h.Dh, h.q_stride);
  const Matrix k = rows_of(memory, k_rows, h.nk, h.Dh, h.kv_stride),
               v = rows_of(memory, v_rows, h.nk, h.Dh, h.kv_stride);
  const Matrix p = memory.matrix(h.nq, h.nk), dp = memory.matrix(h.nq, h.nk);
  const Matrix turned = memory.matrix(h.Dh, h.nk);
  transpose(k, turned);
  const float scale = 1.0f / std::sqrt(static_cast<float>(h.Dh));
  multiply(q, turned, p);
  transpose(v, turned);
  multiply(dout, turned, dp);
  for (int64_t i = 0; i < h.nq; ++i) {
    const int64_t visible = h.causal ? h.nk - h.nq + i + 1 : h.nk;
    float* row = p.row(i);
    for (int64_t j = 0; j < visible; ++j) row[j] *= scale;
    softmax(row, visible, row);
    softmax_backward(row, dp.row(i), visible, scale, dp.row(i));
    std::fill(row + visible, row + h.nk, 0.0f);
    std::fill(dp.row(i) + visible, dp.row(i) + h.nk, 0.0f);
  }
  const Matrix turned_scores = memory.matrix(h.nk, h.nq);
  const Matrix result = memory.matrix(std::max(h.nq, h.nk), h.Dh);
  const Matrix query_rows{result.data, h.nq, h.Dh, result.stride}, key_rows{result.data, h.nk, h.Dh, result.stride};
  multiply_into(dp, k, query_rows, h.q_stride, dq);
  transpose(dp, turned_scores);
  multiply_into(turned_scores, q, key_rows, h.kv_stride, dk);
  transpose(p, turned_scores);
  multiply_into(turned_scores, dout, key_rows, h.kv_stride, dv);
}

}  // namespace

int64_t attention_backward_scratch(int64_t nq, int64_t nk, int64_t Dh) noexcept {
  return (2 * nq + 2 * nk + std::max(nq, nk)) * padded(Dh) + 2 * nq * padded(nk) + Dh * padded(nk) + nk * padded(nq);
}

void attention_backward(const AttentionHead& head, const float* q, const float* k, const float* v, const float* dout,
                        float* dq, float* dk, float* dv) noexcept {
  backward(head, q, k, v, dout, dq, dk, dv);
}
void attention_backward(const AttentionHead& head, const uint16_t* q, const uint16_t* k, const uint16_t* v,
                        const uint16_t* dout, uint16_t* dq, uint16_t* dk, uint16_t* dv) noexcept {
  backward(head, q, k, v, dout, dq, dk, dv);
}

}  // namespace clipkit::kernels
