#include "cpu/quantized_convolution.h"

#include <cstring>

#include "cpu/quantized_panels.h"
#include "cpu/scratch.h"

// A convolution is a product of rows: of the pixels that a result is made of, one after the other, with the weights in
// that order. Rows are made a few hundred at a time, which stay in the cache.

namespace clipkit {

namespace {

using reference::ByteRange;
using reference::ByteScale;

// (C_out, C_in, k, k) as (C_out, k * k * C_in); of one that is laid out already the shape alone.
Tensor with_channels_last(const TensorView& weight) {
  const int64_t out = weight.shape()[0], in = weight.shape()[1], taps = weight.shape()[2] * weight.shape()[3];
  if (weight.raw() == nullptr)
    return {TensorView(static_cast<void*>(nullptr), {out, taps * in}, DType::kInt8), nullptr};
  Tensor turned = Tensor::empty({out, taps * in}, DType::kInt8);
  parallel_for(out, [&](int64_t o) {
    const int8_t* from = weight.data<int8_t>() + o * in * taps;
    int8_t* to = turned.data<int8_t>() + o * in * taps;
    for (int64_t t = 0; t < taps; ++t) {
      for (int64_t c = 0; c < in; ++c) to[t * in + c] = from[c * taps + t];
    }
  });
  return turned;
}

struct QuantizedConvolution : PackedConvolution {
  explicit QuantizedConvolution(const ConvolutionSpec& spec)
      : PackedConvolution(spec),
        panels(with_channels_last(spec.weight), spec.scales, spec.bias, spec.laid_out, "channels last; "),
        input_scales(Tensor::copy_of(spec.input_scales)) {}

  // Rows that are made and multiplied at once.
  int64_t rows_at_once(int64_t all) const {
    constexpr int64_t kBytes = 1 << 20, kLeast = 192, kMost = 8 * kLeast;
    return std::min(all, std::clamp(kBytes / panels.depth / kLeast * kLeast, kLeast, kMost));
  }

  QuantizedPanels panels;
  Tensor input_scales;  // (C_in)
};

// Pictures as bytes with a scale each.
struct BytePictures {
  uint8_t* bytes;            // (N, H, W, C)
  ByteRange<float>* ranges;  // (N, H)
  ByteScale<float>* scales;  // (N)

  static int64_t floats(const Shape& s) { return floats_for_bytes(s.num_elements()) + 2 * s[0] * s[1] + 2 * s[0]; }
  static BytePictures in(float* memory, const Shape& s) {
    static_assert(sizeof(ByteRange<float>) == 2 * sizeof(float) && sizeof(ByteScale<float>) == 2 * sizeof(float));
    float* ranges = memory + floats_for_bytes(s.num_elements());
    return {reinterpret_cast<uint8_t*>(memory), reinterpret_cast<ByteRange<float>*>(ranges),
            reinterpret_cast<ByteScale<float>*>(ranges + 2 * s[0] * s[1])};
  }

  template <class T>
  void quantize(const T* x, const float* input_scales, const Shape& s) const {
    const int64_t lines = s[0] * s[1], W = s[2], C = s[3];
    parallel_for(lines, [&](int64_t line) {
      ranges[line] = {};
      for (int64_t p = line * W; p < (line + 1) * W; ++p) {
        ranges[line].take(kernels::byte_range(x + p * C, input_scales, C));
      }
    });
    for (int64_t n = 0; n < s[0]; ++n) {
      ByteRange<float> range;
      for (int64_t h = 0; h < s[1]; ++h) range.take(ranges[n * s[1] + h]);
      scales[n] = range.scale();
    }
    parallel_for(lines, [&](int64_t line) {
      for (int64_t p = line * W; p < (line + 1) * W; ++p) {
        kernels::to_bytes(x + p * C, input_scales, C, scales[line / s[1]], bytes + p * C);
      }
    });
  }
};

// The pixels of a (H, W, C) picture that its result (i, j) is made of; those outside are the byte that is 0.
void gather(const QuantizedConvolution& w, const uint8_t* picture, const Shape& s, uint8_t zero, int64_t i, int64_t j,
            uint8_t* to) {
  const int64_t K = w.kernel(), H = s[1], W = s[2], C = s[3];
  const int64_t top = i * w.stride() - w.padding(), left = j * w.stride() - w.padding();
  const int64_t first = std::clamp<int64_t>(-left, 0, K), end = std::clamp<int64_t>(W - left, first, K);
  for (int64_t h = top; h < top + K; ++h, to += K * C) {
    if (h < 0 || h >= H || first == end) {
      std::fill_n(to, K * C, zero);
      continue;
    }
    std::fill_n(to, first * C, zero);
    std::memcpy(to + first * C, picture + (h * W + left + first) * C, static_cast<size_t>((end - first) * C));
    std::fill(to + end * C, to + K * C, zero);
  }
  std::fill_n(to, w.panels.depth - w.panels.in, uint8_t{0});
}

void add_pixel(const float* residual, int64_t n, float* values) {
  kernels::accumulate(residual, n, values);
}
void add_pixel(const uint16_t* residual, int64_t n, float* values) {
  kernels::accumulate(residual, n, values);
}
void store_pixel(const float* values, int64_t n, float* to) {
  std::memcpy(to, values, static_cast<size_t>(n) * sizeof(float));
}
void store_pixel(const float* values, int64_t n, uint16_t* to) {
  kernels::convert(values, n, to);
}

// Residual, ReLU and y of a tile whose rows are counted from `begin`.
template <class T>
void finish(const ConvolutionArgs& args, int64_t begin, const QuantizedTile& tile) {
  const int64_t out = args.y.shape()[3];
  for (int64_t r = 0; r < tile.rows; ++r) {
    float* values = tile.values + r * kernels::kPanelColumns;
    const int64_t at = (begin + tile.row + r) * out + tile.column;
    if (args.residual) add_pixel(static_cast<const T*>(args.residual.raw()) + at, tile.columns, values);
    if (args.relu) {
      for (int64_t c = 0; c < kernels::kPanelColumns; ++c) values[c] = values[c] < 0 ? 0 : values[c];
    }
    store_pixel(values, tile.columns, static_cast<T*>(args.y.raw()) + at);
  }
}

template <class T>
void convolve(const QuantizedConvolution& w, const ConvolutionArgs& args, Tensor& scratch) {
  const Shape &s = args.x.shape(), &out = args.y.shape();
  const auto* x = static_cast<const T*>(args.x.raw());
  const float* input_scales = w.input_scales.data<float>();
  const int64_t depth = w.panels.depth, num_rows = out[0] * out[1] * out[2], at_once = w.rows_at_once(num_rows);
  const int64_t floats = (QuantizedRows::floats(at_once, depth) + 15) / 16 * 16;
  const bool of_pixels = w.kernel() == 1;
  float* memory = scratch_floats(scratch, floats + (of_pixels ? 0 : BytePictures::floats(s)));
  const auto rows = QuantizedRows::in(memory, at_once, depth);
  const auto pictures = BytePictures::in(memory + floats, s);
  if (!of_pixels) pictures.quantize(x, input_scales, s);

  for (int64_t begin = 0; begin < num_rows; begin += at_once) {
    const int64_t count = std::min(at_once, num_rows - begin);
    parallel_for(count, [&](int64_t r) {
      const int64_t row = begin + r, n = row / (out[1] * out[2]), i = row / out[2] % out[1], j = row % out[2];
      if (of_pixels) {
        const T* pixel = x + ((n * s[1] + i * w.stride()) * s[2] + j * w.stride()) * s[3];
        return rows.quantize(r, pixel, input_scales, s[3], depth);
      }
      rows.scales[r] = pictures.scales[n].scale;
      rows.zeros[r] = pictures.scales[n].zero;
      gather(w, pictures.bytes + n * s[1] * s[2] * s[3], s, static_cast<uint8_t>(rows.zeros[r]), i, j,
             rows.bytes + r * depth);
    });
    for_quantized_products(w.panels, rows, count, [&](const QuantizedTile& tile) { finish<T>(args, begin, tile); });
  }
}

}  // namespace

std::unique_ptr<PackedConvolution> pack_quantized_for_cpu(const ConvolutionSpec& spec) {
  return std::make_unique<QuantizedConvolution>(spec);
}

bool is_quantized_for_cpu(const PackedConvolution& weights) noexcept {
  return dynamic_cast<const QuantizedConvolution*>(&weights) != nullptr;
}

void quantized_convolution_on_cpu(const PackedConvolution& weights, const ConvolutionArgs& args, Tensor& scratch) {
  const auto& w = static_cast<const QuantizedConvolution&>(weights);
  if (args.x.dtype() == DType::kFloat32) return convolve<float>(w, args, scratch);
  convolve<uint16_t>(w, args, scratch);
}

}  // namespace clipkit
