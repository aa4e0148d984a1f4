#include "model/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/check.h"
#include "base/parallel.h"
#include "base/random.h"
#include "checkpoint/quantized_tensors.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

struct QuantizedMatrix {
  Tensor weight, scales, input_scales;
};

// (outer, rows, columns) with rows and columns exchanged.
template <class T>
Tensor turned(const Tensor& from, int64_t outer, int64_t rows, int64_t columns, const Shape& shape) {
  Tensor to = Tensor::empty(shape, from.dtype());
  parallel_for(outer, [&](int64_t o) {
    const T* source = from.data<T>() + o * rows * columns;
    T* target = to.data<T>() + o * rows * columns;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) target[c * rows + r] = source[r * columns + c];
    }
  });
  return to;
}

// A convolution as the matrix that multiplies a pixel: the taps of each kernel, one after the other, are rows of it.
Tensor matrix_of(const Tensor& weight) {
  const int64_t out = weight.shape()[0], in = weight.shape()[1], taps = weight.num_elements() / (out * in);
  return turned<float>(weight, out, in, taps, {out * taps, in});
}
Tensor weight_of(const Tensor& matrix, const Shape& shape) {
  const int64_t out = shape[0], in = shape[1];
  return turned<int8_t>(matrix, out, matrix.shape()[0] / out, in, shape);
}

// Of each input the largest magnitude among its weights.
std::vector<float> largest_of_columns(const Tensor& weight) {
  std::vector<float> largest(static_cast<size_t>(weight.shape()[1]), 0.0f);
  for (int64_t o = 0; o < weight.shape()[0]; ++o) {
    const auto row = weight.row<float>(o);
    for (size_t i = 0; i < row.size(); ++i) largest[i] = std::max(largest[i], std::abs(row[i]));
  }
  return largest;
}

// What is zero, or next to it, says nothing about its channel.
std::vector<double> logarithms(const std::vector<float>& largest) {
  const float most = *std::max_element(largest.begin(), largest.end());
  std::vector<double> result;
  for (const float value : largest) result.push_back(most > 0 ? std::log(std::max(value, 1e-6f * most)) : 0.0);
  return result;
}

// largest_weight^(1 - share) / largest_input^share, with a mean of 1 in logarithms.
Tensor smoothing_scales(const Tensor& weight, const InputSample& sample, double share) {
  const std::vector<double> w = logarithms(largest_of_columns(weight)), x = logarithms(sample.largest);
  std::vector<double> exponents(w.size());
  double mean = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    exponents[i] = (1 - share) * w[i] - share * x[i];
    mean += exponents[i] / static_cast<double>(w.size());
  }
  Tensor scales = Tensor::empty({sample.in});
  for (size_t i = 0; i < w.size(); ++i) scales.data<float>()[i] = static_cast<float>(std::exp(exponents[i] - mean));
  return scales;
}

Tensor ones(int64_t n) {
  Tensor result = Tensor::empty({n});
  std::fill_n(result.data<float>(), n, 1.0f);
  return result;
}

// out outputs, of each of which as many rows of the matrix share a scale as it has taps.
QuantizedMatrix quantize(const Tensor& matrix, int64_t out, Tensor input_scales) {
  const int64_t in = matrix.shape()[1], size = matrix.num_elements() / out;
  QuantizedMatrix q{Tensor::empty(matrix.shape(), DType::kInt8), Tensor::empty({out}), std::move(input_scales)};
  parallel_for(out, [&](int64_t o) {
    const float *row = matrix.data<float>() + o * size, *divisors = q.input_scales.data<float>();
    float largest = 0;
    for (int64_t i = 0; i < size; ++i) largest = std::max(largest, std::abs(row[i] / divisors[i % in]));
    const float scale = largest > 1e-30f ? largest / 127 : 1.0f;
    q.scales.data<float>()[o] = scale;
    for (int64_t i = 0; i < size; ++i) {
      q.weight.data<int8_t>()[o * size + i] = static_cast<int8_t>(std::nearbyint(row[i] / divisors[i % in] / scale));
    }
  });
  return q;
}

// The scale of each row of the matrix.
Tensor scales_of_rows(const QuantizedMatrix& q) {
  const int64_t rows = q.weight.shape()[0], taps = rows / q.scales.num_elements();
  Tensor scales = Tensor::empty({rows});
  for (int64_t r = 0; r < rows; ++r) scales.data<float>()[r] = q.scales.data<float>()[r / taps];
  return scales;
}

Tensor product(Backend& b, const LinearSpec& spec, const TensorView& x) {
  const auto packed = ops::pack_linear(b, spec);
  Tensor y = Tensor::empty({x.shape()[0], packed->out()});
  ops::linear(b, *packed, {.x = x, .y = y});
  return y;
}

double squared_distance(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double difference = double{a.data<float>()[i]} - double{b.data<float>()[i]};
    sum += difference * difference;
  }
  return sum;
}

QuantizedMatrix quantize_calibrated(const Tensor& matrix, int64_t out, const InputSample& sample, Backend& b) {
  const TensorView x(sample.rows.data(), {std::min(sample.seen, InputSample::kRows), sample.in}, DType::kFloat32);
  const Tensor exact = product(b, {.weight = matrix}, x);
  QuantizedMatrix best;
  double least = std::numeric_limits<double>::infinity();
  for (const double share : {0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}) {
    QuantizedMatrix candidate =
        quantize(matrix, out, share == 0 ? ones(sample.in) : smoothing_scales(matrix, sample, share));
    const Tensor scales = scales_of_rows(candidate);
    const LinearSpec spec{.weight = candidate.weight, .scales = scales, .input_scales = candidate.input_scales};
    const double distance = squared_distance(product(b, spec, x), exact);
    if (best.weight && !(distance < least)) continue;
    least = distance;
    best = std::move(candidate);
  }
  return best;
}

}  // namespace

void InputSamples::watch(Clip& clip) {
  clip.visit_params([&](const std::string& name, Param& param) {
    if (!can_be_int8(name, param)) return;
    InputSample& sample = samples_[name];
    sample.in = param.shape[1];
    sample.largest.assign(static_cast<size_t>(sample.in), 0.0f);
    param.observe = [this, name](const TensorView& x) { add(name, x); };
  });
}

void InputSamples::add(const std::string& name, const TensorView& x) {
  if (!watching_) return;
  InputSample& sample = samples_.at(name);
  const auto width = static_cast<size_t>(sample.in);
  for (int64_t r = 0; r < x.num_elements() / sample.in; ++r) {
    const std::span<const float> row(x.data<float>() + r * sample.in, width);
    for (size_t i = 0; i < width; ++i) sample.largest[i] = std::max(sample.largest[i], std::abs(row[i]));
    if (sample.seen < InputSample::kRows) {
      sample.rows.insert(sample.rows.end(), row.begin(), row.end());
    } else {  // algorithm R of Vitter 1985
      Random random(1, RandomUse::kCalibration, 0, static_cast<uint64_t>(sample.seen));
      const uint64_t place = random.below(static_cast<uint64_t>(sample.seen) + 1);
      if (place < static_cast<uint64_t>(InputSample::kRows)) {
        std::copy(row.begin(), row.end(), sample.rows.begin() + static_cast<std::ptrdiff_t>(place * width));
      }
    }
    ++sample.seen;
  }
}

StateDict quantize_weights(const StateDict& tensors, const InputSamples& samples, Smoothing smoothing, Backend& b) {
  StateDict result;
  for (const auto& [name, tensor] : tensors) {
    const auto found = samples.by_name().find(name);
    if (found == samples.by_name().end()) {
      result.emplace(name, Tensor(tensor.view(), tensor.owner()));
      continue;
    }
    CLIPKIT_CHECK(found->second.seen > 0, "nothing to calibrate ", name, " with: its tower has not run");
    const Tensor matrix = matrix_of(to_dtype(tensor, DType::kFloat32));
    const int64_t out = tensor.shape()[0];
    QuantizedMatrix q;
    if (smoothing == Smoothing::kCalibrated) {
      q = quantize_calibrated(matrix, out, found->second, b);
    } else {
      q = quantize(matrix, out, ones(found->second.in));
    }
    result.emplace(name, weight_of(q.weight, tensor.shape()));
    result.emplace(concat(name, kScales), std::move(q.scales));
    result.emplace(concat(name, kInputScales), std::move(q.input_scales));
  }
  return result;
}

}  // namespace clipkit
