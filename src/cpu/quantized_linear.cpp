#include "cpu/quantized_linear.h"

#include <algorithm>
#include <cstring>

#include "base/concat.h"
#include "base/parallel.h"
#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

using kernels::kPanelColumns;
using kernels::kPanelRows;

int64_t round_up(int64_t n, int64_t step) {
  return (n + step - 1) / step * step;
}

struct QuantizedLinear : PackedLinear {
  explicit QuantizedLinear(const LinearSpec& spec)
      : PackedLinear(spec.weight.shape()[1], spec.weight.shape()[0]),
        depth(round_up(in(), 4)),
        num_panels((out() + kPanelColumns - 1) / kPanelColumns),
        memory(memory_for(
            spec.laid_out, concat("s8 panels of ", kPanelColumns, "x4, ", depth, " deep; s32 row sums"),
            static_cast<size_t>(num_panels * kPanelColumns) * (static_cast<size_t>(depth) + sizeof(int32_t)))),
        panels(static_cast<int8_t*>(memory.words.view().raw())),
        input_scales(Tensor::copy_of(spec.input_scales)),
        scales(Tensor::zeros({num_panels * kPanelColumns})),
        sums(reinterpret_cast<int32_t*>(panels + num_panels * kPanelColumns * depth)),
        bias(Tensor::zeros({num_panels * kPanelColumns})) {
    std::memcpy(scales.view().raw(), spec.scales.raw(), spec.scales.bytes());
    if (spec.bias) convert_to_float(spec.bias.raw(), spec.bias.dtype(), bias.data<float>(), out());
    if (memory.is_filled) return;
    std::memset(panels, 0, memory.words.view().bytes());
    const auto* weight = spec.weight.data<int8_t>();
    parallel_for(num_panels, [&](int64_t p) {
      int8_t* panel = panels + p * depth * kPanelColumns;
      const int64_t first = p * kPanelColumns, columns = std::min(kPanelColumns, out() - first);
      for (int64_t c = 0; c < columns; ++c) {
        const int8_t* row = weight + (first + c) * in();
        int32_t sum = 0;
        for (int64_t i = 0; i < in(); ++i) {
          panel[(i / 4 * kPanelColumns + c) * 4 + i % 4] = row[i];
          sum += row[i];
        }
        sums[first + c] = sum;
      }
    });
  }

  int64_t depth, num_panels;
  LaidOutMemory memory;
  int8_t* panels;
  Tensor input_scales;  // (in)
  Tensor scales;        // of each output, zero beyond the last, as are:
  int32_t* sums;        // in memory, behind the panels
  Tensor bias;
};

// The bytes of each row of x, and what they stand for.
struct Rows {
  uint8_t* bytes;  // depth apart
  float* scales;
  int32_t* zeros;
};

template <class T>
void quantize_rows(const QuantizedLinear& w, const T* x, int64_t num_rows, const Rows& rows) {
  parallel_for(num_rows, [&](int64_t r) {
    uint8_t* bytes = rows.bytes + r * w.depth;
    kernels::quantize_row(x + r * w.in(), w.input_scales.data<float>(), w.in(), bytes, rows.scales + r, rows.zeros + r);
    std::fill(bytes + w.in(), bytes + w.depth, uint8_t{0});
  });
}

void store(const float* from, const float* residual, int64_t n, float* to) {
  if (residual != nullptr) return kernels::add(from, residual, n, to);
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}
void store(const float* from, const float*, int64_t n, uint16_t* to) {
  kernels::convert(from, n, to);
}

// Rows [begin, end) of one panel's columns, a few at a time so that their sums stay in registers.
template <class T>
void multiply(const QuantizedLinear& w, const Rows& rows, int64_t begin, int64_t end, int64_t p, const LinearArgs& args,
              T* y) {
  const int64_t first = p * kPanelColumns, columns = std::min(kPanelColumns, w.out() - first);
  const int8_t* panel = w.panels + p * w.depth * kPanelColumns;
  const auto* residual = args.residual ? args.residual.data<float>() : nullptr;
  const int64_t tiles = (end - begin + kPanelRows - 1) / kPanelRows;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t top = begin + (end - begin) * t / tiles, count = begin + (end - begin) * (t + 1) / tiles - top;
    alignas(64) int32_t sums[kPanelRows * kPanelColumns];
    alignas(64) float values[kPanelRows * kPanelColumns];
    kernels::panel_products(rows.bytes + top * w.depth, w.depth, count, panel, w.depth, sums);
    kernels::scale_panel({.row_scales = rows.scales + top,
                          .zeros = rows.zeros + top,
                          .column_scales = w.scales.data<float>() + first,
                          .column_sums = w.sums + first,
                          .bias = w.bias.data<float>() + first},
                         sums, count, values);
    if (args.activation) kernels::activate(*args.activation, values, count * kPanelColumns, values);
    for (int64_t r = 0; r < count; ++r) {
      const int64_t at = (top + r) * w.out() + first;
      store(values + r * kPanelColumns, residual != nullptr ? residual + at : nullptr, columns, y + at);
    }
  }
}

}  // namespace

std::unique_ptr<PackedLinear> pack_quantized_for_cpu(const LinearSpec& spec) {
  return std::make_unique<QuantizedLinear>(spec);
}

bool is_quantized_for_cpu(const PackedLinear& weights) noexcept {
  return dynamic_cast<const QuantizedLinear*>(&weights) != nullptr;
}

void quantized_linear_on_cpu(const PackedLinear& weights, const LinearArgs& args, Tensor& scratch) {
  // Rows whose bytes stay in the cache while every panel passes over them.
  constexpr int64_t kRowBlock = 192;
  const auto& w = static_cast<const QuantizedLinear&>(weights);
  const int64_t num_rows = args.x.shape()[0], blocks = (num_rows + kRowBlock - 1) / kRowBlock;
  const int64_t bytes_as_floats = round_up(num_rows * w.depth, 64) / 4;
  float* memory = scratch_floats(scratch, bytes_as_floats + 2 * num_rows);
  const Rows rows = {.bytes = reinterpret_cast<uint8_t*>(memory),
                     .scales = memory + bytes_as_floats,
                     .zeros = reinterpret_cast<int32_t*>(memory + bytes_as_floats + num_rows)};
  if (args.x.dtype() == DType::kFloat32) {
    quantize_rows(w, args.x.data<float>(), num_rows, rows);
  } else {
    quantize_rows(w, static_cast<const uint16_t*>(args.x.raw()), num_rows, rows);
  }
  parallel_for(blocks * w.num_panels, [&](int64_t task) {
    const int64_t block = task / w.num_panels, begin = block * kRowBlock, end = std::min(num_rows, begin + kRowBlock);
    if (args.y.dtype() == DType::kFloat32) {
      multiply(w, rows, begin, end, task % w.num_panels, args, args.y.data<float>());
    } else {
      multiply(w, rows, begin, end, task % w.num_panels, args, static_cast<uint16_t*>(args.y.raw()));
    }
  });
}

}  // namespace clipkit
