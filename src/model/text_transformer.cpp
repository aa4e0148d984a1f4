#include "model/text_transformer.h"

#include <algorithm>

#include "base/check.h"
#include "model/resize_positions.h"
#include "tensor/convert.h"

namespace clipkit {

TextTransformer::TextTransformer(const TextConfig& config, int embed_dim)
    : token_embedding{{config.vocab_size, config.transformer.width}},
      positional_embedding{{config.context_length, config.transformer.width}},
      transformer(config.transformer.width, config.transformer.layers, config.transformer.heads,
                  config.transformer.mlp_width, config.transformer.activation, config.transformer.eps),
      ln_final(config.transformer.width, config.transformer.eps),
      text_projection(Linear::projection(config.transformer.width, embed_dim)),
      width_(config.transformer.width),
      embed_dim_(embed_dim),
      pooling_(config.pooling),
      end_id_(config.end_id) {}

void TextTransformer::visit_params(const ParamVisitor& visit) {
  visit("token_embedding.weight", token_embedding);
  visit("positional_embedding", positional_embedding);
  transformer.visit_params(with_prefix("transformer.", visit));
  ln_final.visit_params(with_prefix("ln_final.", visit));
  visit("text_projection", text_projection.weight);
}

void TextTransformer::resize_positions() {
  positional_embedding.value = resize_text_positions(to_dtype(positional_embedding.value, DType::kFloat32),
                                                     static_cast<int>(positional_embedding.shape[0]));
}

void TextTransformer::prepare(Backend& b) {
  // The table stays as it is stored: a text reads a dozen of its rows.
  table_ = b.upload(token_embedding.value, /*keep_dtype=*/true);
  positions_ = b.upload(positional_embedding.value);
  token_embedding.release();
  positional_embedding.release();
  transformer.prepare(b);
  ln_final.prepare(b);
  text_projection.prepare(b);
}

int64_t TextTransformer::feature_position(std::span<const int32_t> ids) const {
  if (pooling_ == TextPooling::kEndId) {
    // As in transformers, a text without the end token is read at its first position.
    const auto found = std::find(ids.begin(), ids.end(), end_id_);
    return found == ids.end() ? 0 : found - ids.begin();
  }
  return std::max_element(ids.begin(), ids.end()) - ids.begin();
}

int64_t TextTransformer::rows_needed(std::span<const int32_t> ids, Output output) const {
  return output == Output::kTokens ? static_cast<int64_t>(ids.size()) : feature_position(ids) + 1;
}

Shape TextTransformer::output_shape(int64_t N, int64_t L, Output output) const {
  switch (output) {
    case Output::kFeatures:
      return {N, embed_dim_};
    case Output::kBeforeProjection:
      return {N, width_};
    case Output::kTokens:
      return {N, L, width_};
  }
  return {};
}

TextTransformer::Packed TextTransformer::pack(const Backend& b, std::span<const std::span<const int32_t>> texts,
                                              Output output) const {
  Packed packed;
  packed.starts = packed.one_each = {0};
  for (const auto& text : texts) {
    const int64_t length = rows_needed(text, output);
    for (int64_t i = 0; i < length; ++i) {
      packed.ids.push_back(text[static_cast<size_t>(i)]);
      packed.index.push_back(static_cast<int32_t>(i));
    }
    packed.starts.push_back(packed.rows());
    packed.last.push_back(packed.starts.back() - 1);
    packed.one_each.push_back(packed.one_each.back() + 1);
  }
  const auto padded = static_cast<size_t>(b.padded_rows(packed.rows()));
  packed.ids.resize(padded, -1);
  packed.index.resize(padded, 0);
  return packed;
}

void TextTransformer::embed(const Context& c, const Packed& packed, TensorView x) const {
  ops::embed_tokens(c.backend,
                    {.ids = packed.ids, .index = packed.index, .table = table_, .positions = positions_, .y = x});
}

void TextTransformer::forward(const Context& c, std::span<const std::span<const int32_t>> texts, Output output,
                              TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const Packed packed = pack(c.backend, texts, output);
  const TensorView x = c.sums({packed.rows(), width_});
  embed(c, packed, x);
  if (output == Output::kTokens) {
    transformer.forward(c, packed.sequences(), x, {}, x);
    const int64_t rows = packed.starts.back();
    ln_final.forward(c.backend, x.slice(0, rows), y.reshape({rows, width_}));
    return;
  }
  const TensorView token = c.sums({packed.texts(), width_});
  transformer.forward(c, packed.sequences(), x, packed.last_rows(), token);
  if (output == Output::kBeforeProjection) return ln_final.forward(c.backend, token, y);
  const TensorView normal = c.operands({packed.texts(), width_});
  ln_final.forward(c.backend, token, normal);
  text_projection.forward(c.backend, normal, y);
}

void TextTransformer::forward(const Context& c, std::span<const std::span<const int32_t>> texts, TensorView y,
                              Saved& saved) const {
  saved.packed = pack(c.backend, texts, Output::kFeatures);
  const TensorView x = c.sums({saved.packed.rows(), width_});
  embed(c, saved.packed, x);
  saved.token = c.sums({saved.packed.texts(), width_});
  transformer.forward(c, saved.packed.sequences(), x, saved.packed.last_rows(), saved.token, &saved.transformer);
  saved.normal = c.operands({saved.packed.texts(), width_});
  ln_final.forward(c.backend, saved.token, saved.normal);
  text_projection.forward(c.backend, saved.normal, y);
}

void TextTransformer::backward(const Context& c, const Saved& saved, TensorView dy) {
  const Workspace::Scope scope(c.workspace);
  const bool embedding_learns = static_cast<bool>(token_embedding.grad);
  const TensorView dtoken = c.sums(saved.token.shape()),
                   dx = embedding_learns ? c.sums({saved.packed.rows(), width_}) : TensorView{};
  text_projection.backward(c.backend, saved.normal, c.as_operands(dy), dtoken);
  ln_final.backward(c.backend, saved.token, dtoken, dtoken);
  transformer.backward(c, saved.packed.sequences(), saved.packed.last_rows(), saved.transformer, dtoken, dx);
  if (!embedding_learns) return;
  ops::embed_tokens_backward(c.backend, {.ids = saved.packed.ids,
                                         .index = saved.packed.index,
                                         .dy = dx,
                                         .dtable = token_embedding.grad,
                                         .dpositions = positional_embedding.grad});
}

}  // namespace clipkit
