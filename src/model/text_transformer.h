#pragma once

#include <span>
#include <vector>

#include "clipkit/config.h"
#include "nn/transformer.h"

namespace clipkit {

// The text tower: a causal transformer whose feature is read at the end token (CLIP section 2.4). Nothing after that
// token can matter, so texts are cut there and packed one after the other without padding.
class TextTransformer {
 public:
  Param token_embedding;       // (V, D)
  Param positional_embedding;  // (L, D)
  Transformer transformer;
  LayerNorm ln_final;
  Linear text_projection;  // (D, E), a projection

  TextTransformer(const TextConfig& config, int embed_dim);

  // Names are those of the OpenAI layout.
  void visit_params(const ParamVisitor& visit);
  // Fits the position table of a checkpoint that was trained with another context length.
  void resize_positions();
  void prepare(Backend& b);

  // Position whose feature stands for the text. ids: one row of a batch.
  int64_t feature_position(std::span<const int32_t> ids) const;
  // Rows that forward() computes for a text.
  int64_t rows_needed(std::span<const int32_t> ids, Output output) const;
  Shape output_shape(int64_t N, int64_t L, Output output) const;
  // texts: N rows of ids, all of length L. y: output_shape(N, L, output), sum type.
  void forward(const Context& c, std::span<const std::span<const int32_t>> texts, Output output, TensorView y) const;

 private:
  int64_t width_, embed_dim_;
  TextPooling pooling_;
  int32_t end_id_;
  Tensor table_, positions_;
};

}  // namespace clipkit
