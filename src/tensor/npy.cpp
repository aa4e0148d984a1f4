#include "clipkit/npy.h"

#include <cctype>
#include <charconv>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/mapped_file.h"
#include "base/quote.h"

namespace clipkit {

namespace {

struct Code {
  DType dtype;
  std::string_view code;
};
constexpr Code kCodes[] = {
    {DType::kFloat32, "<f4"}, {DType::kFloat16, "<f2"}, {DType::kFloat64, "<f8"}, {DType::kInt64, "<i8"},
    {DType::kInt32, "<i4"},   {DType::kInt16, "<i2"},   {DType::kInt8, "|i1"},    {DType::kUInt64, "<u8"},
    {DType::kUInt32, "<u4"},  {DType::kUInt16, "<u2"},  {DType::kUInt8, "|u1"},   {DType::kBool, "|b1"},
};
constexpr std::string_view kMagic = "\x93NUMPY";

// The value that follows 'key': in the header's Python dictionary literal, leading spaces skipped.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& place) {
  const size_t at = header.find(concat("'", key, "':"));
  if (at == std::string_view::npos) fail(ErrorCode::kCorrupt, place, ": the .npy header has no '", key, "'");
  header.remove_prefix(at + key.size() + 3);
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  return header;
}

}  // namespace

Tensor read_npy(const std::filesystem::path& path) {
  const std::string place = path.string();
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || !text.starts_with(kMagic)) fail(ErrorCode::kCorrupt, place, ": not a .npy file");
  const int version = text[6];
  const size_t start = version == 1 ? 10 : 12;
  size_t length = 0;
  for (size_t i = start; i-- > 8;) length = length << 8 | static_cast<uint8_t>(text[i]);
  if (version < 1 || version > 3 || length > text.size() - start) {
    fail(ErrorCode::kCorrupt, place, ": the .npy header (version ", version, ", ", length,
         " bytes) does not fit the file");
  }
  const std::string_view header = text.substr(start, length);

  const std::string_view descr = value_of(header, "descr", place);
  const Code* code = nullptr;
  for (const Code& candidate : kCodes) {
    if (descr.size() > 4 && descr.substr(1, 3) == candidate.code) code = &candidate;
  }
  if (code == nullptr) {
    fail(ErrorCode::kUnsupported, place, ": elements of type ", quote(descr.substr(0, descr.find(','))),
         " are not supported");
  }
  if (!value_of(header, "fortran_order", place).starts_with("False")) {
    fail(ErrorCode::kUnsupported, place, ": stored in Fortran order, expected C order");
  }
  std::string_view sizes = value_of(header, "shape", place);
  std::vector<int64_t> shape;
  if (!sizes.starts_with('(') || sizes.find(')') == std::string_view::npos)
    fail(ErrorCode::kCorrupt, place, ": bad 'shape'");
  sizes = sizes.substr(1, sizes.find(')') - 1);
  while (true) {
    while (!sizes.empty() && (sizes.front() == ' ' || sizes.front() == ',')) sizes.remove_prefix(1);
    if (sizes.empty()) break;
    int64_t size = -1;
    const auto [end, error] = std::from_chars(sizes.data(), sizes.data() + sizes.size(), size);
    if (error != std::errc() || size < 0 || shape.size() == Shape::kMaxRank)
      fail(ErrorCode::kCorrupt, place, ": bad 'shape'");
    sizes.remove_prefix(static_cast<size_t>(end - sizes.data()));
    shape.push_back(size);
  }

  int64_t elements = 1;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(elements, size, &elements) || elements > int64_t{1} << 60) {
      fail(ErrorCode::kCorrupt, place, ": bad 'shape': more elements than any file has");
    }
  }
  const Shape wanted{std::span<const int64_t>(shape)};
  const size_t available = text.size() - start - length;
  if (static_cast<size_t>(wanted.num_elements()) > available / size_bytes(code->dtype)) {
    fail(ErrorCode::kCorrupt, place, ": ", available, " bytes of data, expected ", to_string(wanted), " of ",
         to_string(code->dtype));
  }
  return Tensor::copy_of(TensorView(static_cast<const void*>(text.data() + start + length), wanted, code->dtype));
}

void write_npy(const std::filesystem::path& path, TensorView tensor) {
  const Code* code = nullptr;
  for (const Code& candidate : kCodes) {
    if (candidate.dtype == tensor.dtype()) code = &candidate;
  }
  if (code == nullptr)
    fail(ErrorCode::kUnsupported, path.string(), ": .npy has no code for ", to_string(tensor.dtype()));
  std::string header = concat("{'descr': '", code->code, "', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < tensor.shape().rank(); ++i) header += concat(i > 0 ? ", " : "", tensor.shape()[i]);
  header += tensor.shape().rank() == 1 ? ",), }" : "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';

  FileWriter writer(path);
  writer.write(kMagic);
  const char prefix[4] = {1, 0, static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  writer.write(prefix, sizeof prefix);
  writer.write(header);
  writer.write(tensor.raw(), tensor.bytes());
  writer.commit();
}

}  // namespace clipkit
