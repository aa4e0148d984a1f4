#pragma once

#include <cstdint>

#include "ops/reference/optimizer.h"

// Vectorised kernels of losses and optimiser, see cpu/kernels.h.

namespace clipkit::kernels {

float largest(const float* x, int64_t n) noexcept;
// The sum of exp(x - shift), and of log(1 + exp(x + bias)).
float sum_exp(const float* x, int64_t n, float shift) noexcept;
float sum_softplus(const float* x, int64_t n, float bias) noexcept;

// Logits to the gradient without what belongs to the diagonal: l = factor * (p + q), or factor * p alone without
// keep_q. Returns the sum of factor * (p + q) * l over the logits that were there.
float softmax_loss_gradient(float* l, int64_t n, float reduced, const float* reduced_y, float factor,
                            bool keep_q) noexcept;
// l = factor * sigmoid(l + bias). Returns the sum of that times l, and in `total` its sum.
float sigmoid_loss_gradient(float* l, int64_t n, float bias, float factor, float& total) noexcept;

using AdamWFactors = reference::AdamWFactors<float>;
// grad in float32 or bf16.
void adamw(const AdamWFactors& factors, const float* grad, int64_t n, float* param, float* m, float* v) noexcept;
void adamw(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, float* m, float* v) noexcept;
// m and v in bf16, rounded with the bits of reference::rounding_bits(key, first + i).
void adamw(const AdamWFactors& factors, const float* grad, int64_t n, float* param, uint16_t* m, uint16_t* v,
           uint32_t key, int64_t first) noexcept;
void adamw(const AdamWFactors& factors, const uint16_t* grad, int64_t n, float* param, uint16_t* m, uint16_t* v,
           uint32_t key, int64_t first) noexcept;
double sum_of_squares(const float* x, int64_t n) noexcept;
double sum_of_squares(const uint16_t* x, int64_t n) noexcept;
// y += (x - y) * factor.
void blend(const float* x, int64_t n, float factor, float* y) noexcept;

}  // namespace clipkit::kernels
