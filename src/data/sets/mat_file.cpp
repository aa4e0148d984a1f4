#include "data/sets/mat_file.h"

#include <cmath>

#include "data/input_file.h"
#include "data/sets/set_module.h"

namespace clipkit {

namespace {

constexpr size_t kMaxBytes = size_t{4} << 30;
constexpr const char* kModule = "clipkit_matio";

std::vector<MatArray> read_all(const std::filesystem::path& path, const char* variable, const char* field) {
  (void)InputFile::open(path);  // so that a missing file is said to be one
  const auto& matio = set_module<ClipkitMatFunctions>(kModule, "matio", "libmatio-dev", path.string());
  std::vector<MatArray> arrays;
  const auto take = [](void* context, const ClipkitMatArray* array) {
    MatArray copy{.shape = {array->shape, array->shape + array->rank}, .bytes = {}, .numbers = {}, .text = {}};
    if (array->bytes != nullptr) copy.bytes.assign(array->bytes, array->bytes + array->count);
    if (array->numbers != nullptr) copy.numbers.assign(array->numbers, array->numbers + array->count);
    if (array->text != nullptr) copy.text.assign(array->text, array->count);
    static_cast<std::vector<MatArray>*>(context)->push_back(std::move(copy));
  };
  char error[kClipkitErrorBytes] = {};
  if (matio.read(path.c_str(), variable, field, kMaxBytes, &arrays, take, error) != 0) {
    fail(ErrorCode::kCorrupt, path.string(), ": ", std::string(error));
  }
  return arrays;
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
  return std::move(read_all(path, variable, nullptr).at(0));
}

std::vector<MatArray> read_mat_field(const std::filesystem::path& path, const char* variable, const char* field) {
  return read_all(path, variable, field);
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

bool can_read_mat() noexcept {
  std::string reason;
  return find_set_module<ClipkitMatFunctions>(kModule, reason) != nullptr;
}

}  // namespace clipkit
