#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace clipkit::testing {

using Sizes = std::vector<int64_t>;

// A tensor of any type: every number that our graphs hold, ids included, is exact in double. Row-major.
struct OnnxArray {
  Sizes sizes;
  std::vector<double> values;
};

inline int64_t product(const Sizes& sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) result *= size;
  return result;
}

// Negative: counted from the end.
inline size_t axis_of(int64_t axis, size_t rank) {
  const int64_t result = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  if (result < 0 || result >= static_cast<int64_t>(rank)) throw std::runtime_error("an axis that is not there");
  return static_cast<size_t>(result);
}

// How far apart neighbours along each axis lie.
inline Sizes steps_of(const Sizes& sizes) {
  Sizes steps(sizes.size(), 1);
  for (size_t axis = sizes.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * sizes[axis];
  return steps;
}

// An array of these sizes whose neighbours along each axis lie so far apart in x; 0: the same element again.
inline OnnxArray walked(const OnnxArray& x, const Sizes& sizes, const Sizes& steps) {
  OnnxArray y{sizes, std::vector<double>(static_cast<size_t>(product(sizes)))};
  Sizes at(sizes.size(), 0);
  int64_t place = 0;
  for (double& value : y.values) {
    value = x.values.at(static_cast<size_t>(place));
    for (size_t axis = sizes.size(); axis-- > 0;) {
      place += steps[axis];
      if (++at[axis] < sizes[axis]) break;
      place -= steps[axis] * sizes[axis];
      at[axis] = 0;
    }
  }
  return y;
}

// NumPy's rule: axes meet from the last one on; a size of 1, or an axis that is not there, is repeated.
inline Sizes broadcast(const Sizes& a, const Sizes& b) {
  Sizes result(std::max(a.size(), b.size()));
  for (size_t back = 1; back <= result.size(); ++back) {
    const int64_t x = back <= a.size() ? a[a.size() - back] : 1, y = back <= b.size() ? b[b.size() - back] : 1;
    if (x != y && x != 1 && y != 1) throw std::runtime_error("sizes that do not go together");
    result[result.size() - back] = x == 1 ? y : x;
  }
  return result;
}

inline OnnxArray repeated(const OnnxArray& x, const Sizes& sizes) {
  if (broadcast(x.sizes, sizes) != sizes) throw std::runtime_error("an array that is larger than asked for");
  const Sizes own = steps_of(x.sizes);
  Sizes steps(sizes.size(), 0);
  for (size_t back = 1; back <= own.size(); ++back) {
    if (x.sizes[own.size() - back] != 1) steps[sizes.size() - back] = own[own.size() - back];
  }
  return walked(x, sizes, steps);
}

inline OnnxArray transposed(const OnnxArray& x, const Sizes& order) {
  if (order.size() != x.sizes.size()) throw std::runtime_error("an order of other axes");
  const Sizes own = steps_of(x.sizes);
  Sizes sizes, steps;
  for (const int64_t axis : order) {
    sizes.push_back(x.sizes.at(static_cast<size_t>(axis)));
    steps.push_back(own.at(static_cast<size_t>(axis)));
  }
  return walked(x, sizes, steps);
}

// The same elements under other sizes.
inline OnnxArray reshaped(OnnxArray x, Sizes sizes) {
  if (product(sizes) != product(x.sizes)) throw std::runtime_error("sizes of another number of elements");
  x.sizes = std::move(sizes);
  return x;
}

template <class F>
OnnxArray each(OnnxArray x, F f) {
  for (double& value : x.values) value = f(value);
  return x;
}

template <class F>
OnnxArray each(const OnnxArray& a, const OnnxArray& b, F f) {
  const Sizes sizes = broadcast(a.sizes, b.sizes);
  OnnxArray y = repeated(a, sizes);
  const OnnxArray other = repeated(b, sizes);
  for (size_t i = 0; i < y.values.size(); ++i) y.values[i] = f(y.values[i], other.values[i]);
  return y;
}

// f makes of each line along an axis another one; all that it makes have one length.
template <class F>
OnnxArray along(const OnnxArray& x, int64_t axis, F f) {
  const size_t a = axis_of(axis, x.sizes.size());
  const auto n = static_cast<size_t>(x.sizes[a]), inner = static_cast<size_t>(steps_of(x.sizes)[a]);
  OnnxArray y{x.sizes, {}};
  for (size_t first = 0; first < x.values.size(); first += n * inner) {
    for (size_t i = 0; i < inner; ++i) {
      std::vector<double> line(n);
      for (size_t j = 0; j < n; ++j) line[j] = x.values[first + j * inner + i];
      const std::vector<double> made = f(std::as_const(line));
      y.sizes[a] = static_cast<int64_t>(made.size());
      y.values.resize(x.values.size() / n * made.size());
      for (size_t j = 0; j < made.size(); ++j) y.values[first / n * made.size() + j * inner + i] = made[j];
    }
  }
  return y;
}

}  // namespace clipkit::testing
