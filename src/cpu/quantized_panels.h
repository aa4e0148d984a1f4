#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/parallel.h"
#include "clipkit/tensor.h"
#include "cpu/kernels.h"
#include "tensor/laid_out.h"

namespace clipkit {

// A matrix of int8 as the kernels want it, with what makes floats of its sums.
struct QuantizedPanels {
  // weight: (out, in) int8, of which only the shape is looked at where it is laid out already (LinearSpec). scales:
  // (out) float32. bias: (out) floats, or empty. order: says for the name of the layout which inputs these are.
  QuantizedPanels(const TensorView& weight, const TensorView& scales, const TensorView& bias, LaidOut* laid_out,
                  std::string_view order = {});

  int64_t in, out;
  int64_t depth;  // in, rounded up to what the kernels take at once
  int64_t num_panels;
  LaidOutMemory memory;
  int8_t* panels;       // in memory
  Tensor scales, bias;  // of each output, zero beyond the last, as are:
  int32_t* sums;        // in memory, behind the panels
};

// Floats that hold that many bytes, whole cache lines.
inline int64_t floats_for_bytes(int64_t bytes) {
  return (bytes + 63) / 64 * 16;
}

// Rows of bytes, the depth of the matrix apart, and what they stand for.
struct QuantizedRows {
  uint8_t* bytes;
  float* scales;
  int32_t* zeros;

  static int64_t floats(int64_t rows, int64_t depth) { return floats_for_bytes(rows * depth) + 2 * rows; }
  static QuantizedRows in(float* memory, int64_t rows, int64_t depth) {
    float* scales = memory + floats_for_bytes(rows * depth);
    return {reinterpret_cast<uint8_t*>(memory), scales, reinterpret_cast<int32_t*>(scales + rows)};
  }

  // x: a row of n floats or bf16.
  template <class T>
  void quantize(int64_t row, const T* x, const float* input_scales, int64_t n, int64_t depth) const noexcept {
    const auto s = kernels::byte_range(x, input_scales, n).scale();
    scales[row] = s.scale;
    zeros[row] = s.zero;
    kernels::to_bytes(x, input_scales, n, s, bytes + row * depth);
    std::fill(bytes + row * depth + n, bytes + (row + 1) * depth, uint8_t{0});
  }
};

// A few rows of one panel's products, scaled and with their bias: values, kPanelColumns apart.
struct QuantizedTile {
  int64_t row, rows, column, columns;
  float* values;
};

// All products of rows with w, in tiles whose sums stay in registers; finish(tile) does the rest, in any order on any
// thread.
template <class Finish>
void for_quantized_products(const QuantizedPanels& w, const QuantizedRows& rows, int64_t num_rows,
                            const Finish& finish) {
  using kernels::kPanelColumns;
  using kernels::kPanelRows;
  // Rows whose bytes stay in the cache while every panel passes over them.
  constexpr int64_t kRowBlock = 192;
  const int64_t blocks = (num_rows + kRowBlock - 1) / kRowBlock;
  parallel_for(blocks * w.num_panels, [&](int64_t task) {
    const int64_t p = task % w.num_panels, first = p * kPanelColumns;
    const int64_t begin = task / w.num_panels * kRowBlock, end = std::min(num_rows, begin + kRowBlock);
    const int64_t tiles = (end - begin + kPanelRows - 1) / kPanelRows;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t top = begin + (end - begin) * t / tiles, count = begin + (end - begin) * (t + 1) / tiles - top;
      alignas(64) int32_t sums[kPanelRows * kPanelColumns];
      alignas(64) float values[kPanelRows * kPanelColumns];
      kernels::panel_products(rows.bytes + top * w.depth, w.depth, count, w.panels + p * w.depth * kPanelColumns,
                              w.depth, sums);
      kernels::scale_panel({.row_scales = rows.scales + top,
                            .zeros = rows.zeros + top,
                            .column_scales = w.scales.data<float>() + first,
                            .column_sums = w.sums + first,
                            .bias = w.bias.data<float>() + first},
                           sums, count, values);
      finish(QuantizedTile{top, count, first, std::min(kPanelColumns, w.out - first), values});
    }
  });
}

}  // namespace clipkit
