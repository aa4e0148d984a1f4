#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "clipkit/compact.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

void to_int8(std::span<const float> row, int8_t* to) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  // Divided first: 127 / largest could be infinite.
  for (size_t i = 0; i < row.size(); ++i)
    to[i] = largest > 0 ? static_cast<int8_t>(std::lrint(row[i] / largest * 127.0f)) : int8_t{0};
}

void to_bits(std::span<const float> row, uint8_t* to) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (i % 8 == 0) to[i / 8] = 0;
    if (row[i] >= 0) to[i / 8] = static_cast<uint8_t>(to[i / 8] | 0x80 >> i % 8);
  }
}

void make_unit(std::span<float> row) {
  double sum = 0;
  for (const float value : row) sum += double{value} * value;
  if (sum == 0) return;
  const double scale = 1 / std::sqrt(sum);
  for (float& value : row) value = static_cast<float>(value * scale);
}

int64_t columns_of(Compact as, int64_t width) {
  return as == Compact::kBits ? (width + 7) / 8 : width;
}

}  // namespace

DType stored_dtype(Compact as) noexcept {
  switch (as) {
    case Compact::kFloat32:
      break;
    case Compact::kFloat16:
      return DType::kFloat16;
    case Compact::kInt8:
      return DType::kInt8;
    case Compact::kBits:
      return DType::kUInt8;
  }
  return DType::kFloat32;
}

const char* to_string(Compact as) noexcept {
  switch (as) {
    case Compact::kFloat32:
      break;
    case Compact::kFloat16:
      return "fp16";
    case Compact::kInt8:
      return "int8";
    case Compact::kBits:
      return "bits";
  }
  return "fp32";
}

Tensor compact_rows(TensorView rows, Compact as) {
  CLIPKIT_CHECK(rows.shape().rank() == 2 && rows.dtype() == DType::kFloat32, "compact_rows: ", to_string(rows.dtype()),
                " of shape ", to_string(rows.shape()), ", expected rows of float32");
  const int64_t N = rows.shape()[0], D = rows.shape()[1];
  Tensor result = Tensor::empty({N, columns_of(as, D)}, stored_dtype(as));
  for (int64_t n = 0; n < N; ++n) {
    const std::span<const float> row = rows.row<float>(n);
    for (const float value : row)
      CLIPKIT_CHECK(std::isfinite(value), "compact_rows: row ", n, " has a value that is not finite");
    switch (as) {
      case Compact::kFloat32:
        std::copy(row.begin(), row.end(), result.data<float>() + n * D);
        break;
      case Compact::kFloat16:
        convert_from_float(row.data(), static_cast<uint16_t*>(result.view().raw()) + n * D, DType::kFloat16, D);
        break;
      case Compact::kInt8:
        to_int8(row, result.data<int8_t>() + n * D);
        break;
      case Compact::kBits:
        to_bits(row, result.data<uint8_t>() + n * columns_of(as, D));
        break;
    }
  }
  return result;
}

Tensor expand_rows(TensorView compacted, Compact as, int64_t width) {
  CLIPKIT_CHECK(compacted.shape().rank() == 2 && compacted.dtype() == stored_dtype(as) && width >= 0 &&
                    compacted.shape()[1] == columns_of(as, width),
                "expand_rows: ", to_string(compacted.dtype()), " of shape ", to_string(compacted.shape()),
                ", expected ", columns_of(as, width), " columns of ", to_string(stored_dtype(as)));
  const int64_t N = compacted.shape()[0], columns = compacted.shape()[1];
  Tensor result = Tensor::empty({N, width});
  for (int64_t n = 0; n < N; ++n) {
    const std::span<float> row = result.row<float>(n);
    if (as == Compact::kBits) {
      const uint8_t* bits = compacted.data<uint8_t>() + n * columns;
      for (size_t i = 0; i < row.size(); ++i) row[i] = bits[i / 8] & 0x80 >> i % 8 ? 1.0f : -1.0f;
    } else if (as == Compact::kInt8) {
      std::copy_n(compacted.data<int8_t>() + n * columns, columns, row.begin());
    } else {
      const auto* from =
          static_cast<const char*>(compacted.raw()) + static_cast<size_t>(n * columns) * size_bytes(stored_dtype(as));
      convert_to_float(from, stored_dtype(as), row.data(), columns);
    }
    make_unit(row);
  }
  return result;
}

}  // namespace clipkit
