#include "checkpoint/strided.h"

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/mapped_tensor.h"

namespace clipkit {

namespace {

// Row-major without gaps; strides of axes of one element do not matter.
bool is_contiguous(const PickledTensor& tensor) {
  int64_t expected = 1;
  for (int axis = tensor.shape.rank(); axis-- > 0;) {
    const int64_t size = tensor.shape[axis];
    if (size != 1 && tensor.strides[static_cast<size_t>(axis)] != expected) return false;
    expected *= size;
  }
  return true;
}

// Copies elements in row-major order of their indices, kBytes each.
template <size_t kBytes>
void gather(const PickledTensor& tensor, const char* from, char* to) {
  const int rank = tensor.shape.rank();
  std::array<int64_t, Shape::kMaxRank> index{};
  const int64_t columns = tensor.shape[rank - 1], column_stride = tensor.strides[static_cast<size_t>(rank - 1)];
  const int64_t rows = tensor.shape.num_elements() / columns;
  int64_t position = tensor.offset;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column, to += kBytes) {
      std::memcpy(to, from + static_cast<size_t>(position + column * column_stride) * kBytes, kBytes);
    }
    for (int axis = rank - 1; axis-- > 0;) {  // counts the outer axes up like the digits of a number
      const auto a = static_cast<size_t>(axis);
      position += tensor.strides[a];
      if (++index[a] < tensor.shape[axis]) break;
      position -= tensor.strides[a] * tensor.shape[axis];
      index[a] = 0;
    }
  }
}

}  // namespace

Tensor strided_tensor(const PickledTensor& tensor, std::string_view storage, const std::shared_ptr<const void>& owner,
                      std::string_view place) {
  const DType dtype = tensor.storage.dtype;
  const size_t element = size_bytes(dtype);
  if (static_cast<uint64_t>(tensor.storage.num_elements) > storage.size() / element) {
    fail(ErrorCode::kCorrupt, place, ": storage ", quote(tensor.storage.key), " has ", storage.size(),
         " bytes, expected ", tensor.storage.num_elements, " elements of ", to_string(dtype));
  }
  if (tensor.shape.num_elements() == 0) return Tensor::empty(tensor.shape, dtype);
  if (is_contiguous(tensor)) {
    const char* first = storage.data() + static_cast<size_t>(tensor.offset) * element;
    return mapped_tensor(owner, reinterpret_cast<const std::byte*>(first), tensor.shape, dtype);
  }
  Tensor result = Tensor::empty(tensor.shape, dtype);
  auto* to = static_cast<char*>(result.view().raw());
  switch (element) {
    case 1:
      gather<1>(tensor, storage.data(), to);
      break;
    case 2:
      gather<2>(tensor, storage.data(), to);
      break;
    case 4:
      gather<4>(tensor, storage.data(), to);
      break;
    default:
      gather<8>(tensor, storage.data(), to);
      break;
  }
  return result;
}

}  // namespace clipkit
