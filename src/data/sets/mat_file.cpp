#include "data/sets/mat_file.h"

#include <cmath>
#include <optional>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/quote.h"
#include "data/sets/gzip.h"
#include "data/sets/mat_format.h"

namespace clipkit {

namespace {

MatArray read_array(MatBytes matrix, const std::string& place) {
  MatElements elements(matrix, place);
  const MatHead head = read_mat_head(elements, place);
  const bool is_numeric = kMatFirstNumeric <= head.array_class && head.array_class <= kMatLastNumeric;
  if ((!is_numeric && head.array_class != kMatChar) || head.is_complex) {
    fail(ErrorCode::kUnsupported, place, ": neither an array of real numbers nor of characters");
  }
  MatArray array{.shape = head.shape};
  const MatElement element = elements.next();
  if (head.array_class == kMatClassUint8 && element.type == kMatUint8) {  // large ones are copied once
    if (element.data.size() < head.count) fail(ErrorCode::kCorrupt, place, ": fewer bytes than its shape says");
    const auto* begin = reinterpret_cast<const uint8_t*>(element.data.data());
    array.bytes.assign(begin, begin + head.count);
    return array;
  }
  array.numbers = mat_numbers(element, head.count, place);
  if (head.array_class == kMatChar) {
    for (const double c : array.numbers) array.text += c >= 0 && c < 128 ? static_cast<char>(c) : '?';
    array.numbers.clear();
  }
  return array;
}

// The content of the array called `variable`, which points into the file or into unpacked.
MatBytes find_variable(const MappedFile& file, std::string_view variable, std::string& unpacked) {
  constexpr size_t kHeader = 128, kVersion = 124, kHeadBytes = 512;  // a head is at most 8 + 16 + 40 + 72 bytes
  const std::string place = file.path().string();
  const MatBytes bytes = file.bytes();
  if (bytes.size() < kHeader || mat_text(bytes.subspan(kVersion, 4)) != std::string_view("\0\1IM", 4)) {
    const bool is_hdf5 = mat_text(bytes).starts_with("MATLAB 7.3");
    fail(is_hdf5 ? ErrorCode::kUnsupported : ErrorCode::kCorrupt, place,
         is_hdf5 ? ": a MATLAB file of version 7.3: save it as -v7"
                 : ": not a little-endian MATLAB file of version 5 to 7");
  }
  MatElements elements(bytes.subspan(kHeader), place);
  while (!elements.is_done()) {
    MatElement element = elements.next();
    std::string head_bytes;
    MatBytes head_of_matrix = element.data;
    size_t packed_size = 0;
    const bool is_packed = element.type == kMatCompressed;
    if (is_packed) {
      head_bytes = inflate_zlib(element.data, kHeadBytes, place);
      const MatBytes inner = std::as_bytes(std::span(head_bytes));
      if (inner.size() < 8) fail(ErrorCode::kCorrupt, place, ": a packed element of nothing");
      element.type = mat_load<uint32_t>(inner, 0);
      packed_size = mat_load<uint32_t>(inner, 4);
      head_of_matrix = inner.subspan(8);
    }
    if (element.type != kMatMatrix || head_of_matrix.empty()) continue;
    MatElements parts(head_of_matrix, place);
    if (read_mat_head(parts, place).name != variable) continue;
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
  MatElements elements(find_variable(*file, variable, unpacked), place);
  const MatHead head = read_mat_head(elements, place);
  if (head.array_class != kMatStruct) fail(ErrorCode::kCorrupt, place, ": no array of structs");
  const MatElement length = elements.next(), names = elements.next();
  const auto name_bytes = length.data.size() == 4 ? mat_load<int32_t>(length.data, 0) : 0;
  if (name_bytes < 1) fail(ErrorCode::kCorrupt, place, ": structs without names of fields");
  const size_t step = static_cast<size_t>(name_bytes), num_fields = names.data.size() / step;
  std::optional<size_t> wanted;
  for (size_t f = 0; f < num_fields; ++f) {
    const std::string_view name = mat_text(names.data.subspan(f * step, step));
    if (name.substr(0, name.find('\0')) == field) wanted = f;
  }
  if (!wanted) fail(ErrorCode::kCorrupt, place, ": the structs have no field ", field);
  std::vector<MatArray> values;
  for (size_t i = 0; i < head.count; ++i) {
    for (size_t f = 0; f < num_fields; ++f) {  // each takes 8 bytes or more: a count that is made up ends with the file
      const MatElement value = elements.next();
      if (f != *wanted) continue;
      const std::string of_field = concat(place, "(", i + 1, ").", field);
      if (value.type != kMatMatrix) fail(ErrorCode::kCorrupt, of_field, ": no array");
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
