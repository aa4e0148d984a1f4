#pragma once

#include <span>

#include "clipkit/tensor.h"

// What moves and averages without weights.

namespace clipkit {

// (N, C, H, W) float32 to (N, H, W, C) of the operand type.
struct ChannelsLastArgs {
  TensorView x, y;
};

// 2x2 average pooling with stride 2; an odd last row or column is left out. x, y: (N, H, W, C) operand type.
struct AveragePoolArgs {
  TensorView x, y;
};

// Each pixel of dy, a quarter of it to each of the four it is the average of; zero in what was left out.
struct AveragePoolBackwardArgs {
  TensorView dy;  // (N, H/2, W/2, C) operand type
  TensorView dx;  // (N, H, W, C) operand type, written
};

// The tokens of the attention pool: y[n, 0] = mean over i of x[n, i] + positions[0];  y[n, 1 + i] = x[n, i] +
// positions[1 + i]
struct MeanTokenArgs {
  TensorView x;          // (N, S, D) operand type
  TensorView positions;  // (1 + S, D) sum type
  TensorView y;          // (N * (1 + S), D) operand type
};

// dx[n, i] = dy[n, 1 + i] + dy[n, 0] / S, written;  dpositions += sum over n of dy[n].
struct MeanTokenBackwardArgs {
  TensorView dy;            // (N * (1 + S), D) sum type
  TensorView dx;            // (N, S, D) operand type
  TensorView dpositions{};  // (1 + S, D) sum type, or empty
};

// y[i] = x[rows[i]]
struct GatherRowsArgs {
  TensorView x;                   // (R, D)
  std::span<const int64_t> rows;  // on the host
  TensorView y;                   // (rows.size(), D), same type as x
};

// y[rows[i]] += x[i]; what gather_rows hands back. The rows rise, so none occurs twice.
struct ScatterAddRowsArgs {
  TensorView x;                   // (rows.size(), D) sum type
  std::span<const int64_t> rows;  // on the host
  TensorView y;                   // (R, D) sum type
};

// y = a + b. Any equal shapes, all of the sum type or all of the operand type; y may be a or b.
struct AddArgs {
  TensorView a, b, y;
};

// y = x between the operand and the sum type. Any equal shapes.
struct ConvertArgs {
  TensorView x, y;
};

class Backend;

namespace ops {
void channels_last(Backend& backend, const ChannelsLastArgs& args);
void average_pool(Backend& backend, const AveragePoolArgs& args);
void average_pool_backward(Backend& backend, const AveragePoolBackwardArgs& args);
void mean_token(Backend& backend, const MeanTokenArgs& args);
void mean_token_backward(Backend& backend, const MeanTokenBackwardArgs& args);
void gather_rows(Backend& backend, const GatherRowsArgs& args);
void scatter_add_rows(Backend& backend, const ScatterAddRowsArgs& args);
void add(Backend& backend, const AddArgs& args);
void convert(Backend& backend, const ConvertArgs& args);
}  // namespace ops

}  // namespace clipkit
