#pragma once

#include <cstdint>

#include "clipkit/activation.h"
#include "ops/reference/quantized_linear.h"

// Vectorised kernels, each compiled once per instruction set; the best one the machine has, or the one CLIPKIT_CPU asks
// for, is chosen at run time. They take raw pointers, trust their input and do one row, head or plane: the backend
// spreads calls over the compute threads. The order of every sum depends on the sizes given alone. bf16 is passed as
// uint16_t.

namespace clipkit::kernels {

// y = (x - mean) / sqrt(var + eps) * weight + bias, one row of D.
void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t D, float* y) noexcept;
void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t D, uint16_t* y) noexcept;

// One head of one sequence, see ops/reference/attention.h. scratch: attention_scratch(nk, Dh) floats, aligned to 64
// bytes.
struct AttentionHead {
  int64_t nq, nk, Dh, q_stride, kv_stride;
  bool causal;
  float* scratch;
};
int64_t attention_scratch(int64_t nk, int64_t Dh) noexcept;
void attention(const AttentionHead& head, const float* q, const float* k, const float* v, float* out) noexcept;
void attention(const AttentionHead& head, const uint16_t* q, const uint16_t* k, const uint16_t* v,
               uint16_t* out) noexcept;

// c = a b for a few rows: a: (m, k), b: (k, n), c: (m, n), rows a_stride, b_stride and c_stride apart. The bits of an
// element depend on its row of a and b alone.
void rows_times(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t k, int64_t n,
                float* c, int64_t c_stride) noexcept;

// Linear layers in 8 bits, see ops/reference/quantized_linear.h. Weights lie in panels of kPanelColumns outputs: of
// four inputs all columns, then of the next four, zero where there is nothing.
inline constexpr int64_t kPanelColumns = 32, kPanelRows = 12;
// n inputs to bytes: what these must reach, and, once that is known of all that share a scale, they themselves.
reference::ByteRange<float> byte_range(const float* x, const float* input_scales, int64_t n) noexcept;
reference::ByteRange<float> byte_range(const uint16_t* x, const float* input_scales, int64_t n) noexcept;
void to_bytes(const float* x, const float* input_scales, int64_t n, reference::ByteScale<float> scale,
              uint8_t* q) noexcept;
void to_bytes(const uint16_t* x, const float* input_scales, int64_t n, reference::ByteScale<float> scale,
              uint8_t* q) noexcept;
// sums = a W^T for one panel: (rows, kPanelColumns), at most kPanelRows rows. depth: inputs, a multiple of 4.
void panel_products(const uint8_t* a, int64_t a_stride, int64_t rows, const int8_t* panel, int64_t depth,
                    int32_t* sums) noexcept;
// y[r, c] = (sums[r, c] - zeros[r] * column_sums[c]) * (row_scales[r] * column_scales[c]) + bias[c]
struct PanelScales {
  const float* row_scales;
  const int32_t* zeros;
  const float* column_scales;
  const int32_t* column_sums;
  const float* bias;
};
void scale_panel(const PanelScales& scales, const int32_t* sums, int64_t rows, float* y) noexcept;

// The gradients of the above, see ops/reference/layer_norm.h and attention.h. One row of D; dweight and dbias, which
// are accumulated, may both be null. scratch of a head: attention_backward_scratch(nq, nk, Dh) floats.
void layer_norm_backward(const float* x, const float* weight, float eps, const float* dy, int64_t D, float* dx,
                         float* dweight, float* dbias) noexcept;
int64_t attention_backward_scratch(int64_t nq, int64_t nk, int64_t Dh) noexcept;
void attention_backward(const AttentionHead& head, const float* q, const float* k, const float* v, const float* dout,
                        float* dq, float* dk, float* dv) noexcept;
void attention_backward(const AttentionHead& head, const uint16_t* q, const uint16_t* k, const uint16_t* v,
                        const uint16_t* dout, uint16_t* dq, uint16_t* dk, uint16_t* dv) noexcept;
// ds = p * (dp - sum of p * dp) * scale over n elements; ds may be dp.
void softmax_backward(const float* p, const float* dp, int64_t n, float scale, float* ds) noexcept;

// y = activation(x), and dx = dy * activation'(x), over n elements; may run in place.
void activate(Activation activation, const float* x, int64_t n, float* y) noexcept;
void activate(Activation activation, const uint16_t* x, int64_t n, uint16_t* y) noexcept;
void activate_backward(Activation activation, const float* x, const float* dy, int64_t n, float* dx) noexcept;
void activate_backward(Activation activation, const uint16_t* x, const uint16_t* dy, int64_t n, uint16_t* dx) noexcept;

// to[m * to_stride + n] += sum over l < lines and r < rows of a[l * a_line + r * a_row + m] * b[l * b_line + r * b_row
// + n], for m < M and n < N, each element one chain of FMAs in that order.
struct OuterProducts {
  int64_t lines, rows, a_line, a_row, b_line, b_row;
};
void outer_products(const OuterProducts& sums, const float* a, int64_t M, const float* b, int64_t N, float* to,
                    int64_t to_stride) noexcept;
void outer_products(const OuterProducts& sums, const uint16_t* a, int64_t M, const uint16_t* b, int64_t N, float* to,
                    int64_t to_stride) noexcept;

// Batch normalisation of rows of C channels, see ops/batch_norm.h.
// sums[c] = sum over rows of x,  sums[C + c] = sum over rows of x^2.
void channel_sums(const float* x, int64_t rows, int64_t C, double* sums) noexcept;
void channel_sums(const uint16_t* x, int64_t rows, int64_t C, double* sums) noexcept;
// sums[c] = sum over rows of dy,  sums[C + c] = sum over rows of dy * (x - mean).
void channel_gradient_sums(const float* x, const float* mean, const float* dy, int64_t rows, int64_t C,
                           double* sums) noexcept;
void channel_gradient_sums(const uint16_t* x, const float* mean, const uint16_t* dy, int64_t rows, int64_t C,
                           double* sums) noexcept;
// dy = 0 where y is not above 0, over n elements.
void relu_backward(const float* y, int64_t n, float* dy) noexcept;
void relu_backward(const uint16_t* y, int64_t n, uint16_t* dy) noexcept;
// y = relu((x - mean) * scale + bias + residual); residual may be null.
void batch_norm(const float* x, const float* mean, const float* scale, const float* bias, const float* residual,
                bool relu, int64_t rows, int64_t C, float* y) noexcept;
void batch_norm(const uint16_t* x, const float* mean, const float* scale, const float* bias, const uint16_t* residual,
                bool relu, int64_t rows, int64_t C, uint16_t* y) noexcept;
// dx = scale * (dy - offset - (x - mean) * slope).
void batch_norm_backward(const float* x, const float* mean, const float* scale, const float* offset, const float* slope,
                         const float* dy, int64_t rows, int64_t C, float* dx) noexcept;
void batch_norm_backward(const uint16_t* x, const float* mean, const float* scale, const float* offset,
                         const float* slope, const uint16_t* dy, int64_t rows, int64_t C, uint16_t* dx) noexcept;

// y = a + b over n elements; y may be either.
void add(const float* a, const float* b, int64_t n, float* y) noexcept;
void add(const uint16_t* a, const uint16_t* b, int64_t n, uint16_t* y) noexcept;

// to += x over n elements.
void accumulate(const float* x, int64_t n, float* to) noexcept;
void accumulate(const uint16_t* x, int64_t n, float* to) noexcept;

// y = x over n elements, rounding to nearest even.
void convert(const float* x, int64_t n, uint16_t* y) noexcept;
void convert(const uint16_t* x, int64_t n, float* y) noexcept;
// float16 bits to float32.
void convert_half(const uint16_t* x, int64_t n, float* y) noexcept;

// One row of outputs of 2x2 average pooling: top and bottom are two rows of 2 * W pixels of C channels.
void average_pool(const float* top, const float* bottom, int64_t W, int64_t C, float* y) noexcept;
void average_pool(const uint16_t* top, const uint16_t* bottom, int64_t W, int64_t C, uint16_t* y) noexcept;

// Its backward: a quarter of dy, one row of W pixels, to top and to bottom, rows of 2 * W pixels.
void average_pool_backward(const float* dy, int64_t W, int64_t C, float* top, float* bottom) noexcept;
void average_pool_backward(const uint16_t* dy, int64_t W, int64_t C, uint16_t* top, uint16_t* bottom) noexcept;

// The tokens of one picture's attention pool, see ops/reference/pooling.h. x: (S, D), positions: (1 + S, D), y: (1 + S,
// D).
void mean_token(const float* x, const float* positions, int64_t S, int64_t D, float* y) noexcept;
void mean_token(const uint16_t* x, const float* positions, int64_t S, int64_t D, uint16_t* y) noexcept;

// dx[s] = dy[1 + s] + dy[0] / S.
void mean_token_backward(const float* dy, int64_t S, int64_t D, float* dx) noexcept;
void mean_token_backward(const float* dy, int64_t S, int64_t D, uint16_t* dx) noexcept;

// y = x / max(|x|, 1e-12) and y = softmax(x), one row of D; may run in place.
void normalize(const float* x, int64_t D, float* y) noexcept;
void softmax(const float* x, int64_t D, float* y) noexcept;

// c[j] = alpha * dot(a, b + j * k) for j < n.
void similarity(const float* a, const float* b, float alpha, int64_t n, int64_t k, float* c) noexcept;

}  // namespace clipkit::kernels
