// The module clipkit_matio.so: MATLAB files through matio. It is no part of the library, which opens it when it needs
// it.
#include <matio.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "data/sets/set_modules.h"

namespace {

using MatFile = std::unique_ptr<mat_t, int (*)(mat_t*)>;
using MatVariable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

int refuse(char* error, const std::string& reason) {
  std::snprintf(error, kClipkitErrorBytes, "%s", reason.c_str());
  return -1;
}

template <class From>
std::vector<double> as_doubles(const matvar_t& variable, size_t count) {
  const auto* from = static_cast<const From*>(variable.data);
  return {from, from + count};
}

int hand_over(const matvar_t* variable, const std::string& name, void* context,
              void (*take)(void*, const ClipkitMatArray*), char* error) {
  if (variable == nullptr) return refuse(error, name + " is missing");
  ClipkitMatArray array{};
  if (variable->rank < 1 || variable->rank > 8) return refuse(error, name + " has too many dimensions");
  array.rank = variable->rank;
  array.count = 1;
  for (int i = 0; i < array.rank; ++i) {
    array.shape[i] = variable->dims[i];
    array.count *= variable->dims[i];
  }
  if (variable->data == nullptr && array.count > 0) return refuse(error, name + " is empty");
  const enum matio_classes kind = variable->class_type;
  const bool is_plain = kind == MAT_C_CHAR || (kind >= MAT_C_DOUBLE && kind <= MAT_C_UINT64);
  if (!is_plain || variable->isComplex) return refuse(error, name + " is no array of numbers or characters");
  if (array.count > variable->nbytes / Mat_SizeOf(variable->data_type)) {
    return refuse(error, name + " is shorter than its dimensions say");
  }
  std::vector<double> numbers;
  switch (variable->data_type) {
    case MAT_T_INT8:
    case MAT_T_UINT8:
    case MAT_T_UTF8:
      if (variable->class_type == MAT_C_CHAR) {
        array.text = static_cast<const char*>(variable->data);
      } else {
        array.bytes = static_cast<const uint8_t*>(variable->data);
      }
      take(context, &array);
      return 0;
    case MAT_T_UINT16:
    case MAT_T_UTF16:
      numbers = as_doubles<uint16_t>(*variable, array.count);
      break;
    case MAT_T_INT16:
      numbers = as_doubles<int16_t>(*variable, array.count);
      break;
    case MAT_T_INT32:
      numbers = as_doubles<int32_t>(*variable, array.count);
      break;
    case MAT_T_UINT32:
      numbers = as_doubles<uint32_t>(*variable, array.count);
      break;
    case MAT_T_SINGLE:
      numbers = as_doubles<float>(*variable, array.count);
      break;
    case MAT_T_DOUBLE:
      numbers = as_doubles<double>(*variable, array.count);
      break;
    default:
      return refuse(error, name + " is of a type that is not read");
  }
  std::string text;
  if (variable->class_type == MAT_C_CHAR) {  // 16-bit characters; names of files are ASCII
    for (const double c : numbers) text += c < 128 ? static_cast<char>(c) : '?';
    array.text = text.c_str();
  } else {
    array.numbers = numbers.data();
  }
  take(context, &array);
  return 0;
}

int read(const char* path, const char* variable, const char* field, size_t max_bytes, void* context,
         void (*take)(void*, const ClipkitMatArray*), char* error) {
  const MatFile file(Mat_Open(path, MAT_ACC_RDONLY), Mat_Close);
  if (!file) return refuse(error, "not a MATLAB file");
  const MatVariable info(Mat_VarReadInfo(file.get(), variable), Mat_VarFree);
  if (!info) return refuse(error, std::string("there is no variable ") + variable);
  size_t bytes = field == nullptr ? size_t(std::max(info->data_size, 1)) : 1;
  for (int i = 0; i < info->rank; ++i) {
    if (info->dims[i] != 0 && bytes > max_bytes / info->dims[i]) {
      return refuse(error, std::string(variable) + " is too large");
    }
    bytes *= info->dims[i];
  }
  const MatVariable found(Mat_VarRead(file.get(), variable), Mat_VarFree);
  if (!found) return refuse(error, std::string(variable) + " cannot be read");
  if (field == nullptr) return hand_over(found.get(), variable, context, take, error);
  if (found->class_type != MAT_C_STRUCT || found->data == nullptr) {
    return refuse(error, std::string(variable) + " is no array of structs");
  }
  for (size_t i = 0; i < bytes; ++i) {
    const matvar_t* value = Mat_VarGetStructFieldByName(found.get(), field, i);
    const std::string name = std::string(variable) + "(" + std::to_string(i + 1) + ")." + field;
    if (hand_over(value, name, context, take, error) != 0) return -1;
  }
  return 0;
}

constexpr ClipkitMatFunctions kFunctions{kClipkitSetModuleVersion, read};

}  // namespace

extern "C" [[gnu::visibility("default")]] const void* clipkit_matio_functions() {
  return &kFunctions;
}
