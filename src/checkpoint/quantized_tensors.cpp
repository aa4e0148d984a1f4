#include "checkpoint/quantized_tensors.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.h"
#include "base/quote.h"
#include "checkpoint/prepared.h"

namespace clipkit {

namespace {

void check_scales(const std::string& name, const Tensor& scales, int64_t size, std::string_view place) {
  if (scales.dtype() != DType::kFloat32 || scales.shape() != Shape{size}) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " has shape ", to_string(scales.shape()), " of ",
         to_string(scales.dtype()), ", expected ", to_string(Shape{size}), " of float32");
  }
  const auto values = scales.span<float>();
  if (!std::all_of(values.begin(), values.end(), [](float value) { return value > 0 && std::isfinite(value); })) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " holds a scale that is no positive number");
  }
}

void require_scales(const StateDict& tensors, const std::string& name, std::string_view suffix, int64_t size,
                    std::string_view place) {
  const auto found = tensors.find(concat(name, suffix));
  if (found == tensors.end()) {
    fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " has elements of int8, but there is no ",
         quote(concat(name, suffix)));
  }
  check_scales(found->first, found->second, size, place);
}

}  // namespace

bool check_quantized_tensors(const StateDict& tensors, std::string_view place) {
  bool any = false;
  for (const auto& [name, tensor] : tensors) {
    for (const std::string_view suffix : {kScales, kInputScales}) {
      if (!name.ends_with(suffix)) continue;
      const std::string_view of = std::string_view(name).substr(0, name.size() - suffix.size());
      if (!laid_out_parts(tensors, of).empty()) {  // whose size is the model's to say
        any = true;
        check_scales(name, tensor, tensor.num_elements(), place);
        continue;
      }
      const auto matrix = tensors.find(of);
      if (matrix == tensors.end() || matrix->second.dtype() != DType::kInt8) {
        fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " belongs to no matrix of int8");
      }
    }
    if (tensor.dtype() != DType::kInt8) continue;
    any = true;
    const bool may = (tensor.shape().rank() == 2 && name.find("resblocks.") != std::string::npos) ||
                     (tensor.shape().rank() == 4 && name.starts_with("visual.") && tensor.shape()[1] > 3);
    if (!may || tensor.num_elements() == 0) {
      fail(ErrorCode::kCorrupt, place, ": tensor ", quote(name), " of shape ", to_string(tensor.shape()),
           " has elements of int8, which matrices of residual blocks and a ResNet's convolutions alone may have");
    }
    require_scales(tensors, name, kScales, tensor.shape()[0], place);
    require_scales(tensors, name, kInputScales, tensor.shape()[1], place);
  }
  return any;
}

void widen_quantized_tensors(StateDict& tensors) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.dtype() != DType::kInt8) continue;
    const float *scales = tensors.find(concat(name, kScales))->second.data<float>(),
                *input_scales = tensors.find(concat(name, kInputScales))->second.data<float>();
    const int64_t out = tensor.shape()[0], in = tensor.shape()[1], taps = tensor.num_elements() / (out * in);
    Tensor wide = Tensor::empty(tensor.shape());
    const int8_t* from = tensor.data<int8_t>();
    float* to = wide.data<float>();
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t i = 0; i < in; ++i) {
        for (int64_t t = 0; t < taps; ++t) *to++ = static_cast<float>(*from++) * scales[o] * input_scales[i];
      }
    }
    tensor = std::move(wide);
  }
  std::erase_if(
      tensors, [](const auto& entry) { return entry.first.ends_with(kScales) || entry.first.ends_with(kInputScales); });
}

}  // namespace clipkit
