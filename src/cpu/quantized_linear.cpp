#include "cpu/quantized_linear.h"

#include <cstring>

#include "cpu/quantized_panels.h"
#include "cpu/scratch.h"

namespace clipkit {

namespace {

struct QuantizedLinear : PackedLinear {
  explicit QuantizedLinear(const LinearSpec& spec)
      : PackedLinear(spec.weight.shape()[1], spec.weight.shape()[0]),
        panels(spec.weight, spec.scales, spec.bias, spec.laid_out),
        input_scales(Tensor::copy_of(spec.input_scales)) {}

  QuantizedPanels panels;
  Tensor input_scales;  // (in)
};

void store(const float* from, const float* residual, int64_t n, float* to) {
  if (residual != nullptr) return kernels::add(from, residual, n, to);
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}
void store(const float* from, const float*, int64_t n, uint16_t* to) {
  kernels::convert(from, n, to);
}

template <class Y>
void multiply(const QuantizedLinear& w, const QuantizedRows& rows, const LinearArgs& args) {
  const auto* residual = args.residual ? args.residual.data<float>() : nullptr;
  for_quantized_products(w.panels, rows, args.x.shape()[0], [&](const QuantizedTile& tile) {
    const int64_t values = tile.rows * kernels::kPanelColumns;
    if (args.activation) kernels::activate(*args.activation, tile.values, values, tile.values);
    for (int64_t r = 0; r < tile.rows; ++r) {
      const int64_t at = (tile.row + r) * w.out() + tile.column;
      store(tile.values + r * kernels::kPanelColumns, residual != nullptr ? residual + at : nullptr, tile.columns,
            static_cast<Y*>(args.y.raw()) + at);
    }
  });
}

template <class X>
void quantize_rows(const QuantizedLinear& w, const TensorView& x, const QuantizedRows& rows) {
  parallel_for(x.shape()[0], [&](int64_t r) {
    rows.quantize(r, static_cast<const X*>(x.raw()) + r * w.in(), w.input_scales.data<float>(), w.in(), w.panels.depth);
  });
}

}  // namespace

std::unique_ptr<PackedLinear> pack_quantized_for_cpu(const LinearSpec& spec) {
  return std::make_unique<QuantizedLinear>(spec);
}

bool is_quantized_for_cpu(const PackedLinear& weights) noexcept {
  return dynamic_cast<const QuantizedLinear*>(&weights) != nullptr;
}

void quantized_linear_on_cpu(const PackedLinear& weights, const LinearArgs& args, Tensor& scratch) {
  const auto& w = static_cast<const QuantizedLinear&>(weights);
  const int64_t num_rows = args.x.shape()[0], depth = w.panels.depth;
  const auto rows = QuantizedRows::in(scratch_floats(scratch, QuantizedRows::floats(num_rows, depth)), num_rows, depth);
  if (args.x.dtype() == DType::kFloat32) {
    quantize_rows<float>(w, args.x, rows);
  } else {
    quantize_rows<uint16_t>(w, args.x, rows);
  }
  if (args.y.dtype() == DType::kFloat32) {
    multiply<float>(w, rows, args);
  } else {
    multiply<uint16_t>(w, rows, args);
  }
}

}  // namespace clipkit
