#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace clipkit::reference {

// One head of one sequence (Vaswani et al. 2017, section 3.2.1): out = softmax(q k^T / sqrt(Dh)) v.
// q: nq rows of Dh, k and v: nk rows; rows are q_stride and kv_stride elements apart, out rows are q_stride apart.
// causal: query i sees keys 0 .. nk - nq + i. out may be q.
template <class T>
void attention(const T* q, const T* k, const T* v, int64_t nq, int64_t nk, int64_t Dh, int64_t q_stride,
               int64_t kv_stride, bool causal, T* out) {
  const T scale = T(1) / std::sqrt(T(Dh));
  std::vector<T> p(static_cast<size_t>(nk)), sum_v(static_cast<size_t>(Dh));
  for (int64_t i = 0; i < nq; ++i) {
    const int64_t visible = causal ? nk - nq + i + 1 : nk;
    T largest = 0;
    for (int64_t j = 0; j < visible; ++j) {
      T dot = 0;
      for (int64_t d = 0; d < Dh; ++d) dot += q[i * q_stride + d] * scale * k[j * kv_stride + d];
      p[static_cast<size_t>(j)] = dot;
      largest = j == 0 ? dot : std::max(largest, dot);
    }
    T total = 0;
    std::fill(sum_v.begin(), sum_v.end(), T(0));
    for (int64_t j = 0; j < visible; ++j) {
      const T weight = std::exp(p[static_cast<size_t>(j)] - largest);
      total += weight;
      for (int64_t d = 0; d < Dh; ++d) sum_v[static_cast<size_t>(d)] += weight * v[j * kv_stride + d];
    }
    for (int64_t d = 0; d < Dh; ++d) out[i * q_stride + d] = sum_v[static_cast<size_t>(d)] / total;
  }
}

// With P = softmax(q k^T / sqrt(Dh)), dP = dout v^T and dS = P * (dP - rowsum(P * dP)) / sqrt(Dh):
//   dq = dS k  written;   dk += dS^T q,  dv += P^T dout  accumulated.
// Strides as in attention(); dout and dq have q's, dk and dv those of k and v.
template <class T>
void attention_backward(const T* q, const T* k, const T* v, const T* dout, int64_t nq, int64_t nk, int64_t Dh,
                        int64_t q_stride, int64_t kv_stride, bool causal, T* dq, T* dk, T* dv) {
  const T scale = T(1) / std::sqrt(T(Dh));
  std::vector<T> p(static_cast<size_t>(nk)), dp(static_cast<size_t>(nk));
  for (int64_t i = 0; i < nq; ++i, q += q_stride, dout += q_stride, dq += q_stride) {
    const auto visible = static_cast<size_t>(causal ? nk - nq + i + 1 : nk);
    T largest = 0, total = 0, mean = 0;
    for (size_t j = 0; j < visible; ++j) {
      const auto row = static_cast<int64_t>(j) * kv_stride;
      p[j] = dp[j] = 0;
      for (int64_t d = 0; d < Dh; ++d) {
        p[j] += q[d] * scale * k[row + d];
        dp[j] += dout[d] * v[row + d];
      }
      largest = j == 0 ? p[j] : std::max(largest, p[j]);
    }
    for (size_t j = 0; j < visible; ++j) total += p[j] = std::exp(p[j] - largest);
    for (size_t j = 0; j < visible; ++j) mean += (p[j] /= total) * dp[j];
    std::fill(dq, dq + Dh, T(0));
    for (size_t j = 0; j < visible; ++j) {
      const auto row = static_cast<int64_t>(j) * kv_stride;
      const T ds = p[j] * (dp[j] - mean) * scale;
      for (int64_t d = 0; d < Dh; ++d) {
        dq[d] += ds * k[row + d];
        dk[row + d] += ds * q[d];
        dv[row + d] += p[j] * dout[d];
      }
    }
  }
}

}  // namespace clipkit::reference
