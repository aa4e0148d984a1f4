#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// The parts that MATLAB files of version 5 to 7 are made of ("MAT-File Format", MathWorks), for mat_file.cpp.

using MatBytes = std::span<const std::byte>;

inline constexpr int64_t kMaxMatBytes = int64_t{4} << 30;

// Types of elements and classes of arrays, as the format numbers them.
enum MatType : uint32_t {
  kMatInt8 = 1,
  kMatUint8,
  kMatInt16,
  kMatUint16,
  kMatInt32,
  kMatUint32,
  kMatSingle,
  kMatDouble = 9,
  kMatInt64 = 12,
  kMatUint64,
  kMatMatrix,
  kMatCompressed,
  kMatUtf8,
  kMatUtf16
};
enum MatClass : uint32_t {
  kMatStruct = 2,
  kMatChar = 4,
  kMatFirstNumeric = 6,
  kMatClassInt8 = 8,
  kMatClassUint8 = 9,
  kMatLastNumeric = 15
};

// The caller has checked that it is there.
template <class T>
T mat_load(MatBytes bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

inline std::string_view mat_text(MatBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct MatElement {
  uint32_t type;
  MatBytes data;
};

// MatElements that follow each other: type, size, data up to a multiple of 8 bytes; or in 8 bytes if there are up to 4.
class MatElements {
 public:
  MatElements(MatBytes bytes, const std::string& place) : rest_(bytes), place_(place) {}

  bool is_done() const { return rest_.empty(); }
  // Errors: kCorrupt.
  MatElement next();

 private:
  MatBytes rest_;
  const std::string& place_;
};

// An array's head; what follows depends on its class.
struct MatHead {
  uint32_t array_class = 0;
  bool is_complex = false;
  std::vector<size_t> shape{};
  size_t count = 1;
  std::string_view name{};
};

// The head that an array begins with. Errors: kCorrupt, place first.
MatHead read_mat_head(MatElements& elements, const std::string& place);

// `count` numbers: they are stored in the smallest type that holds them, whatever the array's class. Errors: kCorrupt.
std::vector<double> mat_numbers(const MatElement& element, size_t count, const std::string& place);

}  // namespace clipkit
