#pragma once

#include <functional>
#include <span>
#include <string>

#include "clipkit/preprocess.h"
#include "clipkit/tensor.h"
#include "ops/backend.h"

namespace clipkit {

// The model as filtering sees it. Features: (N, E) float32, not normalised.
struct PairEncoder {
  PreprocessConfig preprocess{};
  std::function<Tensor(TensorView pixels)> encode_pixels;
  std::function<Tensor(std::span<const std::string> texts)> encode_texts;  // longer ones are cut off
  Backend* backend = nullptr;                                              // that compares features
};

}  // namespace clipkit
