#include "clipkit/tensor.h"

#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace clipkit {

size_t size_bytes(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat64:
    case DType::kInt64:
    case DType::kUInt64:
      return 8;
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kUInt32:
      return 4;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kInt16:
    case DType::kUInt16:
      return 2;
    case DType::kInt8:
    case DType::kUInt8:
    case DType::kBool:
      return 1;
  }
  return 0;
}

const char* to_string(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat32:
      return "float32";
    case DType::kFloat16:
      return "float16";
    case DType::kBFloat16:
      return "bfloat16";
    case DType::kFloat64:
      return "float64";
    case DType::kInt64:
      return "int64";
    case DType::kInt32:
      return "int32";
    case DType::kInt16:
      return "int16";
    case DType::kInt8:
      return "int8";
    case DType::kUInt64:
      return "uint64";
    case DType::kUInt32:
      return "uint32";
    case DType::kUInt16:
      return "uint16";
    case DType::kUInt8:
      return "uint8";
    case DType::kBool:
      return "bool";
  }
  return "unknown";
}

Shape::Shape(std::span<const int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
  CLIPKIT_CHECK(sizes.size() <= kMaxRank, "a tensor of ", sizes.size(), " axes, at most ", kMaxRank, " are supported");
  int64_t product = 1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    CLIPKIT_CHECK(sizes[i] >= 0, "axis ", i, " has size ", sizes[i], ", expected 0 or more");
    CLIPKIT_CHECK(product == 0 || sizes[i] <= (int64_t{1} << 62) / product, "a tensor of 2^62 elements or more");
    product *= sizes[i];
    sizes_[i] = sizes[i];
  }
}

int64_t Shape::num_elements() const noexcept {
  int64_t product = 1;
  for (const int64_t size : sizes()) product *= size;
  return product;
}

bool Shape::operator==(const Shape& other) const noexcept {
  return rank_ == other.rank_ &&
         std::memcmp(sizes_.data(), other.sizes_.data(), sizeof(int64_t) * static_cast<size_t>(rank_)) == 0;
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (int i = 0; i < shape.rank(); ++i) out += concat(i > 0 ? ", " : "", shape[i]);
  return out + "]";
}

std::string to_string(const Device& device) {
  return device.kind == Device::Kind::kCpu ? "cpu" : concat("cuda:", device.index);
}

void TensorView::check_type(DType wanted) const {
  // 16-bit floats have no C++ type of their own here; their bits are read as uint16_t.
  const bool bits = wanted == DType::kUInt16 && (dtype_ == DType::kFloat16 || dtype_ == DType::kBFloat16);
  CLIPKIT_CHECK(dtype_ == wanted || bits, "tensor of ", to_string(dtype_), " read as ", to_string(wanted));
}

TensorView TensorView::slice(int64_t begin, int64_t end) const {
  CLIPKIT_CHECK(shape_.rank() > 0 && 0 <= begin && begin <= end && end <= shape_[0], "slice [", begin, ", ", end,
                ") of a tensor of shape ", to_string(shape_));
  std::array<int64_t, Shape::kMaxRank> sizes{};
  for (int i = 0; i < shape_.rank(); ++i) sizes[static_cast<size_t>(i)] = shape_[i];
  const int64_t stride = shape_[0] > 0 ? num_elements() / shape_[0] : 0;
  sizes[0] = end - begin;
  auto* data = static_cast<char*>(data_);
  if (data != nullptr) data += static_cast<size_t>(begin * stride) * size_bytes(dtype_);
  return {static_cast<void*>(data), Shape(std::span(sizes).first(static_cast<size_t>(shape_.rank()))), dtype_, device_};
}

TensorView TensorView::reshape(Shape shape) const {
  CLIPKIT_CHECK(shape.num_elements() == num_elements(), "cannot reshape ", to_string(shape_), " to ", to_string(shape));
  return {data_, shape, dtype_, device_};
}

Tensor Tensor::empty(Shape shape, DType dtype) {
  constexpr size_t kAlignment = 64;
  const auto elements = static_cast<size_t>(shape.num_elements());
  if (elements > (std::numeric_limits<size_t>::max() >> 1) / size_bytes(dtype)) {
    fail(ErrorCode::kOutOfMemory, "a tensor of shape ", to_string(shape), " does not fit into memory");
  }
  const size_t bytes = elements * size_bytes(dtype);
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* data = std::aligned_alloc(kAlignment, rounded > 0 ? rounded : kAlignment);
  if (data == nullptr)
    fail(ErrorCode::kOutOfMemory, "no memory for a tensor of ", bytes, " bytes, shape ", to_string(shape));
  return {TensorView(data, shape, dtype),
          std::shared_ptr<const void>(data, [](const void* p) { std::free(const_cast<void*>(p)); })};
}

Tensor Tensor::zeros(Shape shape, DType dtype) {
  Tensor tensor = empty(shape, dtype);
  std::memset(tensor.view().raw(), 0, tensor.view().bytes());
  return tensor;
}

Tensor Tensor::copy_of(TensorView host_view) {
  Tensor tensor = empty(host_view.shape(), host_view.dtype());
  if (host_view.bytes() > 0) std::memcpy(tensor.view().raw(), host_view.raw(), host_view.bytes());
  return tensor;
}

}  // namespace clipkit
