#include "cpu/quantized_panels.h"

#include <cstring>

#include "tensor/convert.h"

namespace clipkit {

QuantizedPanels::QuantizedPanels(const TensorView& weight, const TensorView& scales_of_outputs,
                                 const TensorView& bias_of_outputs)
    : in(weight.shape()[1]),
      out(weight.shape()[0]),
      depth((in + 3) / 4 * 4),
      num_panels((out + kernels::kPanelColumns - 1) / kernels::kPanelColumns),
      panels(Tensor::zeros({num_panels, depth * kernels::kPanelColumns}, DType::kInt8)),
      scales(Tensor::zeros({num_panels * kernels::kPanelColumns})),
      sums(Tensor::zeros({num_panels * kernels::kPanelColumns}, DType::kInt32)),
      bias(Tensor::zeros({num_panels * kernels::kPanelColumns})) {
  using kernels::kPanelColumns;
  std::memcpy(scales.view().raw(), scales_of_outputs.raw(), scales_of_outputs.bytes());
  if (bias_of_outputs) convert_to_float(bias_of_outputs.raw(), bias_of_outputs.dtype(), bias.data<float>(), out);
  parallel_for(num_panels, [&](int64_t p) {
    int8_t* panel = panels.data<int8_t>() + p * depth * kPanelColumns;
    const int64_t first = p * kPanelColumns, columns = std::min(kPanelColumns, out - first);
    for (int64_t c = 0; c < columns; ++c) {
      const int8_t* row = weight.data<int8_t>() + (first + c) * in;
      int32_t sum = 0;
      for (int64_t i = 0; i < in; ++i) {
        panel[(i / 4 * kPanelColumns + c) * 4 + i % 4] = row[i];
        sum += row[i];
      }
      sums.data<int32_t>()[first + c] = sum;
    }
  });
}

}  // namespace clipkit
