#pragma once

#include <functional>
#include <span>
#include <string>

#include "clipkit/config.h"
#include "clipkit/preprocess.h"
#include "clipkit/tensor.h"
#include "ops/backend.h"

namespace clipkit {

// The model as evaluation and filtering see it. Features are not normalised.
struct Encoder {
  std::string fingerprint;  // of what decides its features: weights, architecture, precision, version
  PreprocessConfig preprocess{};
  int64_t embed_dim = 0;
  std::function<Tensor(TensorView pixels, Output output)> encode_pixels{};   // (N, D) float32
  std::function<Tensor(std::span<const std::string> texts)> encode_texts{};  // (N, E); longer ones are cut off
  std::function<int64_t(std::span<const std::string> texts)> count_cut{};    // how many of them are cut off
  Backend* backend = nullptr;                                                // that compares features
};

}  // namespace clipkit
