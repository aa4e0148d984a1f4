#pragma once

#include <cstdint>
#include <filesystem>

#include "export/onnx_graph.h"

namespace clipkit {

// ONNX 1.12 (onnx.proto3): the oldest release whose operator set has LayerNormalization, so that most run-times read
// it.
inline constexpr int64_t kOnnxIrVersion = 8, kOnnxOpset = 17;
// Protocol Buffers end at 2 GB; weights of more than this go to a file of their own.
inline constexpr int64_t kMaxOnnxBytes = 1'500'000'000;
// Small ones stay with the model even then: optimisers want to see them.
inline constexpr int64_t kMinExternalBytes = 1024;
// Where a weight begins in that file, so that it can be mapped.
inline constexpr int64_t kExternalAlignment = 4096;

struct OnnxBytes {
  int64_t model = 0, weights = 0;  // of the two files; weights 0: there is one file
};

// Where the weights of the model at path lie if they are not in it: beside it, with "_data" after its name.
std::filesystem::path onnx_data_path(const std::filesystem::path& path);

// Writes the graph as a model. The files appear whole or not at all; where weights lie apart, a model that was at path
// before is gone first, so that none ever reads the weights of another. Weights beside it that the new one does not
// need are removed. Errors: kIo.
OnnxBytes write_onnx(const OnnxGraph& graph, const std::filesystem::path& path, bool external_data);

}  // namespace clipkit
