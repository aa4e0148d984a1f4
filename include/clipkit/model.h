#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clipkit/config.h"
#include "clipkit/export.h"
#include "clipkit/image.h"
#include "clipkit/precision.h"
#include "clipkit/tensor.h"
#include "clipkit/tokenizer.h"

namespace clipkit {

struct LoadOptions {
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
  int threads = 0;  // compute threads, 0: all processors. Results do not depend on it
  bool image_tower = true, text_tower = true;
  std::optional<int> image_size;         // run at another picture size: positions are resized
  std::optional<int> context_length;     // or text length
  std::optional<Activation> activation;  // instead of what the checkpoint says
  std::string config;                    // architecture: a name or a JSON file, instead of what the checkpoint says
  bool round_weights_to_fp16 = false;    // as OpenAI's own loader does with every file
};

struct Logits {
  Tensor logits_per_image;  // (num_images, num_texts)
  Tensor logits_per_text;   // its transpose
};

// A CLIP model ready to run. Move-only. Thread-safe: concurrent calls queue up for the one compute thread.
class CLIPKIT_API Model {
 public:
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const ModelConfig& config() const noexcept;
  std::shared_ptr<const Tokenizer> tokenizer() const;
  float logit_scale() const noexcept;  // the multiplier itself, exp of what a checkpoint stores
  const std::string& device() const noexcept;
  // The digest of all weights and the architecture, that results and rules name; the file is read again for it, once.
  const std::string& sha256() const;
  // Of all that decides its features, as caches name it: the digest, precision and version.
  std::string fingerprint() const;

  // Pictures of any size and mode. An item's features have the same bits in any batch and with any number of threads.
  Tensor encode_image(std::span<const Image> images, Output output = Output::kFeatures) const;
  Tensor encode_image(std::initializer_list<Image> images, Output output = Output::kFeatures) const {
    return encode_image(std::span(images.begin(), images.size()), output);
  }
  // Pictures already preprocessed: (N, 3, S, S) float32.
  Tensor encode_pixels(TensorView pixels, Output output = Output::kFeatures) const;
  // Errors: kInvalidArgument if the model's vocabulary is not its tokenizer's, or a text is too long (overflow).
  Tensor encode_text(std::span<const std::string> texts, Output output = Output::kFeatures,
                     Overflow overflow = Overflow::kError) const;
  Tensor encode_text(std::initializer_list<std::string> texts, Output output = Output::kFeatures) const {
    return encode_text(std::span(texts.begin(), texts.size()), output);
  }
  // Texts already tokenised: (N, L) int32 or int64, L at most the context length.
  Tensor encode_tokens(TensorView tokens, Output output = Output::kFeatures) const;

  // One unit vector per label: every template filled, encoded, normalised, averaged, normalised again (CLIP
  // section 3.1.4).
  Tensor zero_shot_classifier(std::span<const std::string> labels, std::span<const std::string> templates) const;

  // Cosine similarities times logit_scale. Features need not be normalised.
  Logits logits(TensorView image_features, TensorView text_features) const;

 private:
  struct Impl;
  friend CLIPKIT_API Model load(const std::filesystem::path&, const LoadOptions&);
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Loads a checkpoint: a file or folder of any kind that `clipkit info` understands, the name of a pulled checkpoint
// ("ViT-B/32"), "generated:NAME" for an architecture with made-up weights (see generated_weights.md), or "emoji", the
// same as an empty path: the small model that is part of the library (docs/emoji_model.md). A file that is called emoji
// is "./emoji".
// Errors: kNotFound, kIo, kCorrupt, kUnsupported.
CLIPKIT_API Model load(const std::filesystem::path& path = "emoji", const LoadOptions& options = {});

// Row-wise softmax of a float32 matrix.
CLIPKIT_API Tensor softmax(TensorView logits);
// Rows divided by their Euclidean norm (at least 1e-12).
CLIPKIT_API Tensor normalize_rows(TensorView features);

}  // namespace clipkit
