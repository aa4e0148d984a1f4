#include "clipkit/quantize.h"

#include <algorithm>

#include "api/feature_agreement.h"
#include "api/made_pictures.h"
#include "api/write_checkpoint.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/parallel.h"
#include "clipkit/preprocess.h"
#include "clipkit/prompts.h"
#include "model/quantize.h"
#include "runtime/open_backend.h"

namespace clipkit {

namespace {

constexpr int kMadePictures = 64;

std::vector<std::string> shipped_texts() {
  const std::vector<std::string> names = class_names("imagenet"), templates = prompt_templates("imagenet");
  std::vector<std::string> texts;
  for (size_t i = 0; i < names.size(); i += 8) {  // of every kind of thing, in every wording
    texts.push_back(fill_template(templates[texts.size() % templates.size()], names[i]));
  }
  return texts;
}

// What the towers read: every other item calibrates, the rest are the gate.
struct Inputs {
  Tensor pixels, tokens;  // empty without their tower
};

Tensor every_other(const TensorView& all, int64_t first) {
  const int64_t count = (all.shape()[0] - first + 1) / 2;
  std::vector<int64_t> sizes(all.shape().sizes().begin(), all.shape().sizes().end());
  sizes[0] = count;
  Tensor part = Tensor::empty(Shape(std::span<const int64_t>(sizes)), all.dtype());
  for (int64_t n = 0; n < count; ++n) {
    const TensorView from = all.slice(first + 2 * n, first + 2 * n + 1);
    std::copy_n(static_cast<const char*>(from.raw()), from.bytes(),
                static_cast<char*>(part.view().raw()) + static_cast<size_t>(n) * from.bytes());
  }
  return part;
}

Inputs inputs_of(const ModelSource& source, const QuantizeOptions& options) {
  Inputs inputs;
  if (source.has_image_tower) {
    const std::vector<Image> made = options.images.empty() ? made_pictures(kMadePictures) : std::vector<Image>();
    const std::vector<Image>& images = options.images.empty() ? made : options.images;
    CLIPKIT_CHECK(images.size() >= 4, images.size(), " pictures, expected at least 4, or none");
    inputs.pixels = preprocess(images, source.config.preprocess);
  }
  if (source.has_text_tower) {
    const std::vector<std::string> texts = options.texts.empty() ? shipped_texts() : options.texts;
    CLIPKIT_CHECK(texts.size() >= 4, texts.size(), " texts, expected at least 4, or none");
    const auto tokenizer = tokenizer_to_write(source);
    if (!tokenizer) {
      fail(ErrorCode::kUnsupported, source.place, ": the model has ", source.config.text.vocab_size,
           " tokens, its tokenizer another number: there is nothing to calibrate its text tower with");
    }
    inputs.tokens = tokenizer->tokenize(
        texts, {.context_length = source.config.text.context_length, .overflow = Overflow::kTruncate});
  }
  return inputs;
}

// Both towers on every other input.
TowerFeatures encode(const Clip& clip, Backend& backend, const Inputs& inputs, int64_t first) {
  Workspace workspace(backend);
  const Context context{backend, workspace};
  TowerFeatures features;
  if (inputs.pixels) {
    features.images = clip.encode_pixels(context, every_other(inputs.pixels, first), Output::kFeatures);
  }
  if (inputs.tokens) {
    features.texts = clip.encode_tokens(context, every_other(inputs.tokens, first), Output::kFeatures);
  }
  return features;
}

Clip model_of(const ModelSource& source, const StateDict& tensors) {
  Clip clip(source.config, source.has_image_tower, source.has_text_tower);
  clip.load(tensors, source.position_resize, source.place);
  return clip;
}

}  // namespace

QuantizeReport quantize_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to,
                                   const QuantizeOptions& options, const LoadOptions& load_options) {
  CLIPKIT_CHECK(load_options.precision == Precision::kFloat32, "weights are quantised from float32, not from ",
                to_string(load_options.precision));
  const ModelSource source = open_model_source(from, load_options);
  const Inputs inputs = inputs_of(source, options);
  const StateDict exact = tensors_to_write(source, load_options, {});
  StateDict quantized;
  QuantizeReport report;
  run_on_compute_thread([&] {
    set_num_compute_threads(load_options.threads);
    const auto backend = open_backend(load_options.device, DType::kFloat32);
    InputSamples samples;
    Clip clip = model_of(source, exact);
    samples.watch(clip);
    if (samples.by_name().empty()) {
      fail(ErrorCode::kUnsupported, source.place,
           ": there are neither transformer blocks nor convolutions, whose weights alone become int8");
    }
    clip.prepare(*backend);
    encode(clip, *backend, inputs, 0);
    samples.stop();
    const TowerFeatures expected = encode(clip, *backend, inputs, 1);
    quantized = quantize_weights(exact, samples, Smoothing::kCalibrated, *backend);

    const auto fast = open_backend(load_options.device, DType::kInt8);
    Clip small = model_of(source, quantized);
    small.prepare(*fast);
    report = gate(encode(small, *fast, inputs, 1), expected, options);
  });
  if (!report.passed && !options.write_below_bounds) return report;
  write_checkpoint(to, source, quantized, CheckpointLayout::kOpenClip);
  report.written = true;
  return report;
}

}  // namespace clipkit
