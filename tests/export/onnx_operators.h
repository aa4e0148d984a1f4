#pragma once

#include <bit>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "export/onnx_array.h"
#include "export/onnx_reader.h"

// ONNX's operators in double, as their pages (opset 17) define them: plain loops that know nothing of the exporter. A
// case that our graphs do not use is an error, not a guess.

namespace clipkit::testing {

class OnnxNode {
 public:
  std::string name, op;
  std::vector<std::string> inputs, outputs;

  explicit OnnxNode(const ReadMessage& message)
      : name(message.text(3)), op(message.text(4)), inputs(message.texts(1)), outputs(message.texts(2)) {
    for (const ReadMessage& attribute : message.messages(5)) attributes_.emplace(attribute.text(1), attribute);
  }

  // Attributes are asked for once; one that nobody asks for would change the result without our knowing.
  double real(const std::string& key) { return std::bit_cast<float>(static_cast<uint32_t>(take(key, 1).number(2))); }
  int64_t integer(const std::string& key) { return take(key, 2).number(3); }
  int64_t integer(const std::string& key, int64_t otherwise) {
    return attributes_.contains(key) ? integer(key) : otherwise;
  }
  Sizes integers(const std::string& key) { return take(key, 7).integers(8); }
  Sizes integers(const std::string& key, Sizes otherwise) {
    return attributes_.contains(key) ? integers(key) : std::move(otherwise);
  }
  bool all_taken() const { return attributes_.empty(); }

 private:
  ReadMessage take(const std::string& key, int64_t type) {
    auto taken = attributes_.extract(key);
    if (taken.empty() || taken.mapped().number(20) != type) throw std::runtime_error("attribute " + key);
    return std::move(taken.mapped());
  }

  std::map<std::string, ReadMessage> attributes_;
};

namespace onnx {

using Line = std::vector<double>;
using Inputs = std::vector<const OnnxArray*>;

inline Sizes integers_of(const OnnxArray& x) {
  return Sizes(x.values.begin(), x.values.end());
}

inline void expect(bool is_so, const char* what) {
  if (!is_so) throw std::runtime_error(what);
}

inline OnnxArray mat_mul(const OnnxArray& a, const OnnxArray& b) {
  expect(a.sizes.size() >= 2 && b.sizes.size() >= 2, "matrices");
  const int64_t m = a.sizes.end()[-2], k = a.sizes.back(), n = b.sizes.back();
  expect(b.sizes.end()[-2] == k, "as many columns as rows");
  Sizes lead = broadcast({a.sizes.begin(), a.sizes.end() - 2}, {b.sizes.begin(), b.sizes.end() - 2});
  const auto with = [&](int64_t rows, int64_t columns) {
    Sizes sizes = lead;
    sizes.insert(sizes.end(), {rows, columns});
    return sizes;
  };
  const OnnxArray left = repeated(a, with(m, k)), right = repeated(b, with(k, n));
  OnnxArray y{with(m, n), Line(static_cast<size_t>(product(lead) * m * n))};
  for (int64_t matrix = 0; matrix < product(lead); ++matrix) {
    const double *A = left.values.data() + matrix * m * k, *B = right.values.data() + matrix * k * n;
    double* C = y.values.data() + matrix * m * n;
    for (int64_t r = 0; r < m; ++r) {
      for (int64_t i = 0; i < k; ++i) {
        for (int64_t c = 0; c < n; ++c) C[r * n + c] += A[r * k + i] * B[i * n + c];
      }
    }
  }
  return y;
}

// What Conv and AveragePool have in common.
struct Windows {
  Sizes kernel, strides, pads;
  explicit Windows(OnnxNode& node)
      : kernel(node.integers("kernel_shape")),
        strides(node.integers("strides", {1, 1})),
        pads(node.integers("pads", {0, 0, 0, 0})) {}
  // Along axis 0 (height) or 1 (width).
  int64_t count(int64_t size, size_t axis) const {
    return (size + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis] + 1;
  }
  // The sum over one window of what term(y, x, place in the kernel) gives; outside of the picture it is 0.
  template <class Term>
  double sum(int64_t row, int64_t column, int64_t height, int64_t width, Term term) const {
    double total = 0;
    for (int64_t i = 0; i < kernel[0]; ++i) {
      for (int64_t j = 0; j < kernel[1]; ++j) {
        const int64_t y = row * strides[0] - pads[0] + i, x = column * strides[1] - pads[1] + j;
        if (y >= 0 && y < height && x >= 0 && x < width) total += term(y, x, i * kernel[1] + j);
      }
    }
    return total;
  }
};

// x: (N, C, H, W); w: (O, C, k, k); bias: (O), or null.
inline OnnxArray conv(OnnxNode& node, const OnnxArray& x, const OnnxArray& w, const OnnxArray* bias) {
  const Windows windows(node);
  const int64_t N = x.sizes.at(0), C = x.sizes.at(1), H = x.sizes.at(2), W = x.sizes.at(3), O = w.sizes.at(0);
  expect(w.sizes == Sizes{O, C, windows.kernel.at(0), windows.kernel.at(1)}, "a kernel for these channels");
  const int64_t rows = windows.count(H, 0), columns = windows.count(W, 1), area = product(windows.kernel);
  OnnxArray y{{N, O, rows, columns}, {}};
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t o = 0; o < O; ++o) {
      for (int64_t place = 0; place < rows * columns; ++place) {
        double sum = bias == nullptr ? 0 : bias->values.at(static_cast<size_t>(o));
        for (int64_t c = 0; c < C; ++c) {
          const double *plane = x.values.data() + (n * C + c) * H * W, *kernel = w.values.data() + (o * C + c) * area;
          sum += windows.sum(place / columns, place % columns, H, W,
                             [&](int64_t i, int64_t j, int64_t k) { return plane[i * W + j] * kernel[k]; });
        }
        y.values.push_back(sum);
      }
    }
  }
  return y;
}

inline OnnxArray average_pool(OnnxNode& node, const OnnxArray& x) {
  const Windows windows(node);
  expect(windows.pads == Sizes{0, 0, 0, 0}, "a pool without padding");
  const int64_t planes = x.sizes.at(0) * x.sizes.at(1), H = x.sizes.at(2), W = x.sizes.at(3);
  const int64_t rows = windows.count(H, 0), columns = windows.count(W, 1), area = product(windows.kernel);
  OnnxArray y{{x.sizes[0], x.sizes[1], rows, columns}, {}};
  for (int64_t p = 0; p < planes; ++p) {
    const double* plane = x.values.data() + p * H * W;
    for (int64_t place = 0; place < rows * columns; ++place) {
      const double sum = windows.sum(place / columns, place % columns, H, W,
                                     [&](int64_t i, int64_t j, int64_t) { return plane[i * W + j]; });
      y.values.push_back(sum / static_cast<double>(area));
    }
  }
  return y;
}

// 0: the size that x has there; -1: what is left.
inline OnnxArray reshape(const OnnxArray& x, Sizes sizes) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) sizes[i] = x.sizes.at(i);
  }
  for (int64_t& size : sizes) {
    if (size == -1) size = product(x.sizes) / -product(sizes);
  }
  return reshaped(x, sizes);
}

inline OnnxArray gather(const OnnxArray& x, const OnnxArray& indices, int64_t axis) {
  OnnxArray y = along(x, axis, [&](const Line& line) {
    Line picked;
    for (const double index : indices.values) {
      const auto n = static_cast<int64_t>(line.size());
      const auto i = static_cast<int64_t>(index);
      if (i < -n || i >= n) throw std::out_of_range("index " + std::to_string(i) + " of " + std::to_string(n));
      picked.push_back(line[static_cast<size_t>(i < 0 ? i + n : i)]);
    }
    return picked;
  });
  const auto at = y.sizes.begin() + static_cast<std::ptrdiff_t>(axis_of(axis, y.sizes.size()));
  y.sizes.insert(y.sizes.erase(at), indices.sizes.begin(), indices.sizes.end());
  return y;
}

// batch_dims 1: of each x[n], (L, D), the row indices[n][0].
inline OnnxArray gather_rows(const OnnxArray& x, const OnnxArray& indices) {
  expect(x.sizes.size() == 3 && indices.sizes == Sizes{x.sizes[0], 1}, "one row of each matrix");
  OnnxArray y{{x.sizes[0], x.sizes[2]}, {}};
  for (int64_t n = 0; n < x.sizes[0]; ++n) {
    const auto row = static_cast<int64_t>(indices.values[static_cast<size_t>(n)]);
    expect(row >= 0 && row < x.sizes[1], "a row that is there");
    for (int64_t d = 0; d < x.sizes[2]; ++d) {
      y.values.push_back(x.values[static_cast<size_t>((n * x.sizes[1] + row) * x.sizes[2] + d)]);
    }
  }
  return y;
}

inline OnnxArray concat(const Inputs& in, int64_t axis) {
  const size_t a = axis_of(axis, in.at(0)->sizes.size());
  OnnxArray y{in[0]->sizes, {}};
  y.sizes[a] = 0;
  for (const OnnxArray* x : in) y.sizes[a] += x->sizes.at(a);
  for (const OnnxArray* x : in) {
    Sizes rest = x->sizes;
    rest[a] = y.sizes[a];
    expect(rest == y.sizes, "sizes that are equal but along one axis");
  }
  const size_t inner = static_cast<size_t>(steps_of(y.sizes)[a]),
               outer = static_cast<size_t>(product(y.sizes)) / (static_cast<size_t>(y.sizes[a]) * inner);
  for (size_t o = 0; o < outer; ++o) {
    for (const OnnxArray* x : in) {
      const size_t block = x->values.size() / outer;
      const auto begin = x->values.begin() + static_cast<std::ptrdiff_t>(o * block);
      y.values.insert(y.values.end(), begin, begin + static_cast<std::ptrdiff_t>(block));
    }
  }
  return y;
}

inline std::vector<OnnxArray> split(const OnnxArray& x, const Sizes& lengths, int64_t axis) {
  std::vector<OnnxArray> parts;
  std::ptrdiff_t begin = 0;
  for (const int64_t length : lengths) {
    parts.push_back(along(x, axis, [&](const Line& line) {
      return Line(line.begin() + begin, line.begin() + begin + static_cast<std::ptrdiff_t>(length));
    }));
    begin += static_cast<std::ptrdiff_t>(length);
  }
  expect(begin == x.sizes[axis_of(axis, x.sizes.size())], "parts that make up the whole");
  return parts;
}

inline double mean(const Line& line) {
  double sum = 0;
  for (const double value : line) sum += value;
  return sum / static_cast<double>(line.size());
}

inline double length(const Line& line) {
  double sum = 0;
  for (const double value : line) sum += value * value;
  return std::sqrt(sum);
}

inline Line softmax(Line line) {
  const double largest = *std::max_element(line.begin(), line.end());
  double sum = 0;
  for (double& value : line) sum += value = std::exp(value - largest);
  for (double& value : line) value /= sum;
  return line;
}

inline Line layer_norm(Line line, const OnnxArray& weight, const OnnxArray& bias, double eps) {
  const double middle = mean(line);
  for (double& value : line) value -= middle;
  const double spread = length(line), deviation = std::sqrt(spread * spread / static_cast<double>(line.size()) + eps);
  for (size_t i = 0; i < line.size(); ++i) line[i] = line[i] / deviation * weight.values.at(i) + bias.values.at(i);
  return line;
}

inline OnnxArray reduced(OnnxNode& node, const OnnxArray& x, double (*f)(const Line&)) {
  const Sizes axes = node.integers("axes");
  expect(axes.size() == 1 && node.integer("keepdims", 1) == 1, "one axis that stays");
  return along(x, axes[0], [&](const Line& line) { return Line{f(line)}; });
}

inline OnnxArray squeezed(const OnnxArray& x, int64_t axis) {
  Sizes sizes = x.sizes;
  sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(axis_of(axis, sizes.size())));
  return reshaped(x, sizes);
}

inline OnnxArray unsqueezed(const OnnxArray& x, int64_t axis) {
  Sizes sizes = x.sizes;
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(axis_of(axis, sizes.size() + 1)), 1);
  return reshaped(x, sizes);
}

}  // namespace onnx

}  // namespace clipkit::testing
