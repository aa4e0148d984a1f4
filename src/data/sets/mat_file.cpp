#include "data/sets/mat_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/quote.h"
#include "data/sets/gzip.h"

namespace clipkit {

namespace {

using Bytes = std::span<const std::byte>;

constexpr int64_t kMaxBytes = int64_t{4} << 30;

// Types of elements and classes of arrays, as the format numbers them.
enum Type : uint32_t {
  kInt8 = 1,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kSingle,
  kDouble = 9,
  kInt64 = 12,
  kUint64,
  kMatrix,
  kCompressed,
  kUtf8,
  kUtf16
};
enum Class : uint32_t { kStruct = 2, kChar = 4, kFirstNumeric = 6, kClassInt8 = 8, kClassUint8 = 9, kLastNumeric = 15 };

template <class T>
T load(Bytes bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Element {
  uint32_t type;
  Bytes data;
};

// Elements that follow each other: type, size, data up to a multiple of 8 bytes; or in 8 bytes if there are up to 4.
class Elements {
 public:
  Elements(Bytes bytes, const std::string& place) : rest_(bytes), place_(place) {}

  bool is_done() const { return rest_.empty(); }
  Element next() {
    constexpr size_t kTag = 8;
    if (rest_.size() < kTag) fail(ErrorCode::kCorrupt, place_, ": the MATLAB file is truncated");
    const auto first = load<uint32_t>(rest_, 0);
    const bool is_small = first >> 16 != 0;
    const size_t size = is_small ? first >> 16 : load<uint32_t>(rest_, 4), begin = is_small ? 4 : kTag;
    if (size > rest_.size() - begin || (is_small && size > 4)) {
      fail(ErrorCode::kCorrupt, place_, ": an element of ", size, " bytes reaches past the end");
    }
    const Element element{is_small ? first & 0xFFFF : first, rest_.subspan(begin, size)};
    const size_t padding = element.type == kCompressed ? 0 : (8 - size % 8) % 8;
    rest_ = rest_.subspan(is_small ? kTag : std::min(rest_.size(), kTag + size + padding));
    return element;
  }

 private:
  Bytes rest_;
  const std::string& place_;
};

// An array's head; what follows depends on its class.
struct Head {
  uint32_t array_class = 0;
  bool is_complex = false;
  std::vector<size_t> shape{};
  size_t count = 1;
  std::string_view name{};
};

Head read_head(Elements& elements, const std::string& place) {
  const Element flags = elements.next(), shape = elements.next(), name = elements.next();
  if (flags.type != kUint32 || flags.data.size() != 8 || shape.type != kInt32 || shape.data.size() % 4 != 0 ||
      shape.data.empty() || shape.data.size() > 32) {
    fail(ErrorCode::kCorrupt, place, ": an array without a head");
  }
  const auto bits = load<uint32_t>(flags.data, 0);
  Head head{.array_class = bits & 0xFF, .is_complex = (bits & 0x800) != 0, .name = as_text(name.data)};
  for (size_t i = 0; i < shape.data.size(); i += 4) {
    const auto size = load<int32_t>(shape.data, i);
    if (size < 0 || (size > 0 && head.count > static_cast<size_t>(kMaxBytes) / static_cast<size_t>(size))) {
      fail(ErrorCode::kCorrupt, place, ": an array with a dimension of ", size);
    }
    head.shape.push_back(static_cast<size_t>(size));
    head.count *= static_cast<size_t>(size);
  }
  return head;
}

template <class T>
std::vector<double> convert(Bytes data, size_t count, const std::string& place) {
  if (data.size() / sizeof(T) < count) fail(ErrorCode::kCorrupt, place, ": fewer numbers than its shape says");
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(load<T>(data, i * sizeof(T)));
  return numbers;
}

// Numbers are stored in the smallest type that holds them, whatever the array's class.
std::vector<double> numbers_of(const Element& element, size_t count, const std::string& place) {
  switch (element.type) {
    case kInt8:
      return convert<int8_t>(element.data, count, place);
    case kUint8:
    case kUtf8:
      return convert<uint8_t>(element.data, count, place);
    case kInt16:
      return convert<int16_t>(element.data, count, place);
    case kUint16:
    case kUtf16:
      return convert<uint16_t>(element.data, count, place);
    case kInt32:
      return convert<int32_t>(element.data, count, place);
    case kUint32:
      return convert<uint32_t>(element.data, count, place);
    case kSingle:
      return convert<float>(element.data, count, place);
    case kDouble:
      return convert<double>(element.data, count, place);
    case kInt64:
      return convert<int64_t>(element.data, count, place);
    case kUint64:
      return convert<uint64_t>(element.data, count, place);
    default:
      fail(ErrorCode::kCorrupt, place, ": numbers of the unknown type ", element.type);
  }
}

MatArray read_array(Bytes matrix, const std::string& place) {
  Elements elements(matrix, place);
  const Head head = read_head(elements, place);
  const bool is_numeric = kFirstNumeric <= head.array_class && head.array_class <= kLastNumeric;
  if ((!is_numeric && head.array_class != kChar) || head.is_complex) {
    fail(ErrorCode::kUnsupported, place, ": neither an array of real numbers nor of characters");
  }
  MatArray array{.shape = head.shape};
  const Element element = elements.next();
  if (head.array_class == kClassUint8 && element.type == kUint8) {  // large ones are copied once
    if (element.data.size() < head.count) fail(ErrorCode::kCorrupt, place, ": fewer bytes than its shape says");
    const auto* begin = reinterpret_cast<const uint8_t*>(element.data.data());
    array.bytes.assign(begin, begin + head.count);
    return array;
  }
  array.numbers = numbers_of(element, head.count, place);
  if (head.array_class == kChar) {
    for (const double c : array.numbers) array.text += c >= 0 && c < 128 ? static_cast<char>(c) : '?';
    array.numbers.clear();
  }
  return array;
}

// The content of the array called `variable`, which points into the file or into unpacked.
Bytes find_variable(const MappedFile& file, std::string_view variable, std::string& unpacked) {
  constexpr size_t kHeader = 128, kVersion = 124, kHeadBytes = 512;  // a head is at most 8 + 16 + 40 + 72 bytes
  const std::string place = file.path().string();
  const Bytes bytes = file.bytes();
  if (bytes.size() < kHeader || as_text(bytes.subspan(kVersion, 4)) != std::string_view("\0\1IM", 4)) {
    const bool is_hdf5 = as_text(bytes).starts_with("MATLAB 7.3");
    fail(is_hdf5 ? ErrorCode::kUnsupported : ErrorCode::kCorrupt, place,
         is_hdf5 ? ": a MATLAB file of version 7.3: save it as -v7"
                 : ": not a little-endian MATLAB file of version 5 to 7");
  }
  Elements elements(bytes.subspan(kHeader), place);
  while (!elements.is_done()) {
    Element element = elements.next();
    std::string head_bytes;
    Bytes head_of_matrix = element.data;
    size_t packed_size = 0;
    const bool is_packed = element.type == kCompressed;
    if (is_packed) {
      head_bytes = inflate_zlib(element.data, kHeadBytes, place);
      const Bytes inner = std::as_bytes(std::span(head_bytes));
      if (inner.size() < 8) fail(ErrorCode::kCorrupt, place, ": a packed element of nothing");
      element.type = load<uint32_t>(inner, 0);
      packed_size = load<uint32_t>(inner, 4);
      head_of_matrix = inner.subspan(8);
    }
    if (element.type != kMatrix || head_of_matrix.empty()) continue;
    Elements parts(head_of_matrix, place);
    if (read_head(parts, place).name != variable) continue;
    if (!is_packed) return element.data;
    unpacked = inflate_zlib(element.data, static_cast<int64_t>(packed_size) + 8, place);
    if (unpacked.size() != packed_size + 8) {
      fail(ErrorCode::kCorrupt, place, ": ", quote(variable), " is shorter than the ", packed_size,
           " bytes that it says");
    }
    return std::as_bytes(std::span(unpacked)).subspan(8);
  }
  fail(ErrorCode::kCorrupt, place, ": there is no variable ", variable);
}

int64_t whole(double number, const std::string& place) {
  constexpr double kMax = 1e15;  // exact in a double
  if (!(std::abs(number) < kMax) || number != std::floor(number)) {
    fail(ErrorCode::kCorrupt, place, ": ", number, " is no whole number");
  }
  return static_cast<int64_t>(number);
}

}  // namespace

MatArray read_mat(const std::filesystem::path& path, const char* variable) {
  const auto file = MappedFile::open(path);
  std::string unpacked;
  return read_array(find_variable(*file, variable, unpacked), concat(path.string(), ", ", variable));
}

std::vector<MatArray> read_mat_field(const std::filesystem::path& path, const char* variable, const char* field) {
  const auto file = MappedFile::open(path);
  const std::string place = concat(path.string(), ", ", variable);
  std::string unpacked;
  Elements elements(find_variable(*file, variable, unpacked), place);
  const Head head = read_head(elements, place);
  if (head.array_class != kStruct) fail(ErrorCode::kCorrupt, place, ": no array of structs");
  const Element length = elements.next(), names = elements.next();
  const auto name_bytes = length.data.size() == 4 ? load<int32_t>(length.data, 0) : 0;
  if (name_bytes < 1) fail(ErrorCode::kCorrupt, place, ": structs without names of fields");
  const size_t step = static_cast<size_t>(name_bytes), num_fields = names.data.size() / step;
  std::optional<size_t> wanted;
  for (size_t f = 0; f < num_fields; ++f) {
    const std::string_view name = as_text(names.data.subspan(f * step, step));
    if (name.substr(0, name.find('\0')) == field) wanted = f;
  }
  if (!wanted) fail(ErrorCode::kCorrupt, place, ": the structs have no field ", field);
  std::vector<MatArray> values;
  for (size_t i = 0; i < head.count; ++i) {
    for (size_t f = 0; f < num_fields; ++f) {  // each takes 8 bytes or more: a count that is made up ends with the file
      const Element value = elements.next();
      if (f != *wanted) continue;
      const std::string of_field = concat(place, "(", i + 1, ").", field);
      if (value.type != kMatrix) fail(ErrorCode::kCorrupt, of_field, ": no array");
      values.push_back(read_array(value.data, of_field));
    }
  }
  return values;
}

std::vector<int64_t> read_mat_integers(const std::filesystem::path& path, const char* variable) {
  const MatArray array = read_mat(path, variable);
  std::vector<int64_t> integers(array.bytes.begin(), array.bytes.end());
  for (const double number : array.numbers) integers.push_back(whole(number, concat(path.string(), ", ", variable)));
  return integers;
}

int64_t mat_integer(const MatArray& array, const std::string& place) {
  if (array.bytes.size() + array.numbers.size() != 1) fail(ErrorCode::kCorrupt, place, ": expected one number");
  return array.bytes.empty() ? whole(array.numbers[0], place) : int64_t{array.bytes[0]};
}

}  // namespace clipkit
