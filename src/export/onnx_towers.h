#pragma once

#include <string>

#include "export/onnx_layers.h"

// The towers of src/model as graphs, written the way CLIP is defined: every token goes through every block.

namespace clipkit {

// pixels: (N, 3, S, S) float32. Returns image features, (N, E), not normalised.
OnnxGraph::Value onnx_image_tower(OnnxLayers& layers, const ModelConfig& config, const OnnxGraph::Value& pixels);

// ids: (N, L) int64, L at most the context length. Returns text features, (N, E), not normalised.
OnnxGraph::Value onnx_text_tower(OnnxLayers& layers, const ModelConfig& config, const OnnxGraph::Value& ids);

// Named (N, 3, S, S) and (N, L); N is called so too.
OnnxGraph::Value onnx_pixel_input(OnnxGraph& graph, const ModelConfig& config, const std::string& batch);
OnnxGraph::Value onnx_token_input(OnnxGraph& graph, const std::string& batch);

}  // namespace clipkit
