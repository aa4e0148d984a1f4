#include "api/model_encoder.h"

namespace clipkit {

Encoder encoder_of(const Model& model, Backend& backend) {
  return {.fingerprint = {},
          .preprocess = model.config().preprocess,
          .embed_dim = model.config().embed_dim,
          .encode_pixels = [&model](TensorView pixels, Output output) { return model.encode_pixels(pixels, output); },
          .encode_texts =
              [&model](std::span<const std::string> texts) {
                return model.encode_text(texts, Output::kFeatures, Overflow::kTruncate);
              },
          .count_cut =
              [&model](std::span<const std::string> texts) {
                const auto room = static_cast<size_t>(model.config().text.context_length) - 2;  // start and end token
                int64_t cut = 0;
                for (const auto& ids : model.tokenizer()->encode_batch(texts)) cut += ids.size() > room;
                return cut;
              },
          .backend = &backend};
}

}  // namespace clipkit
