#pragma once

#include "checkpoint/state_dict.h"
#include "clipkit/config.h"
#include "clipkit/tokenizer.h"
#include "export/onnx_graph.h"

// Whole models: inputs, towers, outputs and what a program has to know to use them. Names are those of Hugging Face's
// ONNX files.

namespace clipkit {

struct OnnxSource {
  const ModelConfig& config;
  const StateDict& tensors;              // under OpenAI names; the graph keeps what it needs of them
  const Tokenizer* tokenizer = nullptr;  // null: unknown
};

// pixel_values (batch, 3, S, S) to image_embeds (batch, E), of length 1 if asked for.
OnnxGraph onnx_image_model(const OnnxSource& source, bool normalize);
// input_ids (batch, sequence_length) to text_embeds (batch, E), of length 1 if asked for.
OnnxGraph onnx_text_model(const OnnxSource& source, bool normalize);
// Both inputs, with batches of their own, to logits_per_image, logits_per_text, text_embeds and image_embeds, these of
// length 1.
OnnxGraph onnx_joint_model(const OnnxSource& source);

}  // namespace clipkit
