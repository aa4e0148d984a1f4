#include "data/sets/mat_format.h"

#include <algorithm>

#include "base/check.h"

namespace clipkit {

namespace {

template <class T>
std::vector<double> convert(MatBytes data, size_t count, const std::string& place) {
  if (data.size() / sizeof(T) < count) fail(ErrorCode::kCorrupt, place, ": fewer numbers than its shape says");
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(mat_load<T>(data, i * sizeof(T)));
  return numbers;
}

}  // namespace

MatElement MatElements::next() {
  constexpr size_t kTag = 8;
  if (rest_.size() < kTag) fail(ErrorCode::kCorrupt, place_, ": the MATLAB file is truncated");
  const auto first = mat_load<uint32_t>(rest_, 0);
  const bool is_small = first >> 16 != 0;
  const size_t size = is_small ? first >> 16 : mat_load<uint32_t>(rest_, 4), begin = is_small ? 4 : kTag;
  if (size > rest_.size() - begin || (is_small && size > 4)) {
    fail(ErrorCode::kCorrupt, place_, ": an element of ", size, " bytes reaches past the end");
  }
  const MatElement element{is_small ? first & 0xFFFF : first, rest_.subspan(begin, size)};
  const size_t padding = element.type == kMatCompressed ? 0 : (8 - size % 8) % 8;
  rest_ = rest_.subspan(is_small ? kTag : std::min(rest_.size(), kTag + size + padding));
  return element;
}

MatHead read_mat_head(MatElements& elements, const std::string& place) {
  const MatElement flags = elements.next(), shape = elements.next(), name = elements.next();
  if (flags.type != kMatUint32 || flags.data.size() != 8 || shape.type != kMatInt32 || shape.data.size() % 4 != 0 ||
      shape.data.empty() || shape.data.size() > 32) {
    fail(ErrorCode::kCorrupt, place, ": an array without a head");
  }
  const auto bits = mat_load<uint32_t>(flags.data, 0);
  MatHead head{.array_class = bits & 0xFF, .is_complex = (bits & 0x800) != 0, .name = mat_text(name.data)};
  for (size_t i = 0; i < shape.data.size(); i += 4) {
    const auto size = mat_load<int32_t>(shape.data, i);
    if (size < 0 || (size > 0 && head.count > static_cast<size_t>(kMaxMatBytes) / static_cast<size_t>(size))) {
      fail(ErrorCode::kCorrupt, place, ": an array with a dimension of ", size);
    }
    head.shape.push_back(static_cast<size_t>(size));
    head.count *= static_cast<size_t>(size);
  }
  return head;
}

std::vector<double> mat_numbers(const MatElement& element, size_t count, const std::string& place) {
  switch (element.type) {
    case kMatInt8:
      return convert<int8_t>(element.data, count, place);
    case kMatUint8:
    case kMatUtf8:
      return convert<uint8_t>(element.data, count, place);
    case kMatInt16:
      return convert<int16_t>(element.data, count, place);
    case kMatUint16:
    case kMatUtf16:
      return convert<uint16_t>(element.data, count, place);
    case kMatInt32:
      return convert<int32_t>(element.data, count, place);
    case kMatUint32:
      return convert<uint32_t>(element.data, count, place);
    case kMatSingle:
      return convert<float>(element.data, count, place);
    case kMatDouble:
      return convert<double>(element.data, count, place);
    case kMatInt64:
      return convert<int64_t>(element.data, count, place);
    case kMatUint64:
      return convert<uint64_t>(element.data, count, place);
    default:
      fail(ErrorCode::kCorrupt, place, ": numbers of the unknown type ", element.type);
  }
}

}  // namespace clipkit
