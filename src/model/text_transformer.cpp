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
  token_embedding.value = {};
  positional_embedding.value = {};
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

void TextTransformer::forward(const Context& c, std::span<const std::span<const int32_t>> texts, Output output,
                              TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const auto batch = static_cast<int64_t>(texts.size());
  std::vector<int64_t> starts = {0}, last_rows, one_each = {0};
  std::vector<int32_t> ids, index;
  for (const auto& text : texts) {
    const int64_t length = rows_needed(text, output);
    for (int64_t i = 0; i < length; ++i) {
      ids.push_back(text[static_cast<size_t>(i)]);
      index.push_back(static_cast<int32_t>(i));
    }
    starts.push_back(static_cast<int64_t>(ids.size()));
    last_rows.push_back(starts.back() - 1);
    one_each.push_back(one_each.back() + 1);
  }
  const auto rows = static_cast<int64_t>(ids.size());
  const int64_t padded = c.backend.padded_rows(rows);
  ids.resize(static_cast<size_t>(padded), -1);
  index.resize(static_cast<size_t>(padded), 0);

  const TensorView x = c.sums({padded, width_});
  ops::embed_tokens(c.backend, {.ids = ids, .index = index, .table = table_, .positions = positions_, .y = x});
  const Sequences sequences{starts, /*causal=*/true};
  if (output == Output::kTokens) {
    transformer.forward(c, sequences, x, {}, x);
    ln_final.forward(c.backend, x.slice(0, rows), y.reshape({rows, width_}));
    return;
  }
  const TensorView token = c.sums({batch, width_});
  transformer.forward(c, sequences, x, {last_rows, one_each}, token);
  if (output == Output::kBeforeProjection) return ln_final.forward(c.backend, token, y);
  const TensorView normal = c.operands({batch, width_});
  ln_final.forward(c.backend, token, normal);
  text_projection.forward(c.backend, normal, y);
}

}  // namespace clipkit
