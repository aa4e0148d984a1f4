#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "clipkit/export.h"

// Storage without arithmetic. Tensors are contiguous and row-major; slices are along the first axis.
// Dimension letters used everywhere: N batch, L tokens, D width, E embed_dim, Dh = D / heads, P patch, V vocabulary;
// C, H, W for images; m, n, k for gemm.

namespace clipkit {

enum class DType : uint8_t {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat64,
  kInt64,
  kInt32,
  kInt16,
  kInt8,
  kUInt64,
  kUInt32,
  kUInt16,
  kUInt8,
  kBool,  // one byte, 0 or 1
};

CLIPKIT_API size_t size_bytes(DType dtype) noexcept;
CLIPKIT_API const char* to_string(DType dtype) noexcept;  // "float32", "int64", ...

// Sizes of the axes, outermost first. At most kMaxRank axes; a rank of 0 is a scalar; an axis may be 0.
class CLIPKIT_API Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;
  // Errors: kInvalidArgument for more than kMaxRank axes, a negative size, or 2^62 elements and more.
  Shape(std::initializer_list<int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const int64_t> sizes);

  int rank() const noexcept { return rank_; }
  int64_t operator[](int axis) const noexcept { return sizes_[static_cast<size_t>(axis)]; }
  int64_t num_elements() const noexcept;
  std::span<const int64_t> sizes() const noexcept { return {sizes_.data(), static_cast<size_t>(rank_)}; }
  bool operator==(const Shape& other) const noexcept;

 private:
  std::array<int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

CLIPKIT_API std::string to_string(const Shape& shape);  // "[768, 512]"

struct Device {
  enum class Kind : uint8_t { kCpu, kCuda };
  Kind kind = Kind::kCpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};

CLIPKIT_API std::string to_string(const Device& device);  // "cpu", "cuda:0"

// A borrowed tensor: pointer, shape, dtype, device. Whoever made it says how long it is valid.
// Copies are cheap. Like a pointer, a view does not carry the constness of what it shows.
class CLIPKIT_API TensorView {
 public:
  TensorView() = default;
  TensorView(void* data, Shape shape, DType dtype, Device device = {})
      : data_(data), shape_(shape), dtype_(dtype), device_(device) {}
  TensorView(const void* data, Shape shape, DType dtype, Device device = {})
      : TensorView(const_cast<void*>(data), shape, dtype, device) {}

  explicit operator bool() const noexcept { return data_ != nullptr; }
  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  Device device() const noexcept { return device_; }
  int64_t num_elements() const noexcept { return shape_.num_elements(); }
  size_t bytes() const noexcept { return static_cast<size_t>(num_elements()) * size_bytes(dtype_); }

  void* raw() const noexcept { return data_; }
  // Errors: kInvalidArgument if T is not the element type. bf16 and f16 are read as uint16_t.
  template <class T>
  T* data() const {
    check_type(dtype_of<T>());
    return static_cast<T*>(data_);
  }
  template <class T>
  std::span<T> span() const {
    return {data<T>(), static_cast<size_t>(num_elements())};
  }
  // Row i of a tensor of rank 1 and more, as a flat span.
  template <class T>
  std::span<T> row(int64_t i) const {
    const int64_t size = shape_[0] > 0 ? num_elements() / shape_[0] : 0;
    return {data<T>() + i * size, static_cast<size_t>(size)};
  }

  // Rows [begin, end) of the first axis. Errors: kInvalidArgument when out of range.
  TensorView slice(int64_t begin, int64_t end) const;
  // The same elements under another shape. Errors: kInvalidArgument when the counts differ.
  TensorView reshape(Shape shape) const;

 private:
  template <class T>
  static constexpr DType dtype_of();
  void check_type(DType wanted) const;

  void* data_ = nullptr;
  Shape shape_;
  DType dtype_ = DType::kFloat32;
  Device device_;
};

template <class T>
constexpr DType TensorView::dtype_of() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, float>) return DType::kFloat32;
  if constexpr (std::is_same_v<U, double>) return DType::kFloat64;
  if constexpr (std::is_same_v<U, int64_t>) return DType::kInt64;
  if constexpr (std::is_same_v<U, int32_t>) return DType::kInt32;
  if constexpr (std::is_same_v<U, int16_t>) return DType::kInt16;
  if constexpr (std::is_same_v<U, int8_t>) return DType::kInt8;
  if constexpr (std::is_same_v<U, uint64_t>) return DType::kUInt64;
  if constexpr (std::is_same_v<U, uint32_t>) return DType::kUInt32;
  if constexpr (std::is_same_v<U, uint16_t>) return DType::kUInt16;
  if constexpr (std::is_same_v<U, uint8_t>) return DType::kUInt8;
  if constexpr (std::is_same_v<U, bool>) return DType::kBool;
}

// An owning tensor. Moves and does not copy. The memory may belong to something else that is kept alive with it, such
// as a mapped file: then it must not be written.
class CLIPKIT_API Tensor {
 public:
  Tensor() = default;
  Tensor(TensorView view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  // On the host, aligned to 64 bytes; the content of empty() is undefined. Errors: kOutOfMemory, naming the size.
  static Tensor empty(Shape shape, DType dtype = DType::kFloat32);
  static Tensor zeros(Shape shape, DType dtype = DType::kFloat32);
  static Tensor copy_of(TensorView host_view);

  const TensorView& view() const noexcept { return view_; }
  operator const TensorView&() const noexcept { return view_; }
  explicit operator bool() const noexcept { return static_cast<bool>(view_); }
  const Shape& shape() const noexcept { return view_.shape(); }
  DType dtype() const noexcept { return view_.dtype(); }
  int64_t num_elements() const noexcept { return view_.num_elements(); }
  template <class T>
  T* data() const {
    return view_.data<T>();
  }
  template <class T>
  std::span<T> span() const {
    return view_.span<T>();
  }
  template <class T>
  std::span<T> row(int64_t i) const {
    return view_.row<T>(i);
  }
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

 private:
  TensorView view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace clipkit
