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

  // Texts cut at their feature's position and packed one after the other, padded to a row count with a ready plan.
  struct Packed {
    std::vector<int32_t> ids, index;              // id -1: padding
    std::vector<int64_t> starts, last, one_each;  // rows of each text, its last row, and 0, 1, ..., N
    int64_t rows() const { return static_cast<int64_t>(ids.size()); }
    int64_t texts() const { return static_cast<int64_t>(last.size()); }
    Sequences sequences() const { return {starts, /*causal=*/true}; }
    RowSelection last_rows() const { return {last, one_each}; }
  };
  // What backward reads, in the workspace.
  struct Saved {
    Packed packed;
    Transformer::Saved transformer;
    TensorView token;   // (N, D) before ln_final
    TensorView normal;  // (N, D) after ln_final
  };
  // y: (N, E) sum type. The same as forward(), remembering what backward reads until the caller's workspace scope ends.
  void forward(const Context& c, std::span<const std::span<const int32_t>> texts, TensorView y, Saved& saved) const;
  // dy: (N, E) sum type. Accumulates the gradients of all parameters.
  void backward(const Context& c, const Saved& saved, TensorView dy);

 private:
  Packed pack(const Backend& b, std::span<const std::span<const int32_t>> texts, Output output) const;
  // Embeds packed texts, into (packed.rows(), D) sum type.
  void embed(const Context& c, const Packed& packed, TensorView x) const;

  int64_t width_, embed_dim_;
  TextPooling pooling_;
  int32_t end_id_;
  Tensor table_, positions_;
};

}  // namespace clipkit
