#include "cpu/quantized_panels.h"

#include <cstring>

#include "base/concat.h"
#include "tensor/convert.h"

namespace clipkit {

QuantizedPanels::QuantizedPanels(const TensorView& weight, const TensorView& scales_of_outputs,
                                 const TensorView& bias_of_outputs, LaidOut* laid_out, std::string_view order)
    : in(weight.shape()[1]),
      out(weight.shape()[0]),
      depth((in + 3) / 4 * 4),
      num_panels((out + kernels::kPanelColumns - 1) / kernels::kPanelColumns),
      memory(memory_for(
          laid_out, concat(order, "s8 panels of ", kernels::kPanelColumns, "x4, ", depth, " deep; s32 row sums"),
          static_cast<size_t>(num_panels * kernels::kPanelColumns) * (static_cast<size_t>(depth) + sizeof(int32_t)))),
      panels(static_cast<int8_t*>(memory.words.view().raw())),
      scales(Tensor::zeros({num_panels * kernels::kPanelColumns})),
      bias(Tensor::zeros({num_panels * kernels::kPanelColumns})),
      sums(reinterpret_cast<int32_t*>(panels + num_panels * kernels::kPanelColumns * depth)) {
  using kernels::kPanelColumns;
  std::memcpy(scales.view().raw(), scales_of_outputs.raw(), scales_of_outputs.bytes());
  if (bias_of_outputs) convert_to_float(bias_of_outputs.raw(), bias_of_outputs.dtype(), bias.data<float>(), out);
  if (memory.is_filled) return;
  std::memset(panels, 0, memory.words.view().bytes());
  parallel_for(num_panels, [&](int64_t p) {
    int8_t* panel = panels + p * depth * kPanelColumns;
    const int64_t first = p * kPanelColumns, columns = std::min(kPanelColumns, out - first);
    for (int64_t c = 0; c < columns; ++c) {
      const int8_t* row = weight.data<int8_t>() + (first + c) * in;
      int32_t sum = 0;
      for (int64_t i = 0; i < in; ++i) {
        panel[(i / 4 * kPanelColumns + c) * 4 + i % 4] = row[i];
        sum += row[i];
      }
      sums[first + c] = sum;
    }
  });
}

}  // namespace clipkit
