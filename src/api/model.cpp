#include "clipkit/model.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "api/model_source.h"
#include "api/operands.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "clipkit/preprocess.h"
#include "eval/zero_shot_classifier.h"
#include "model/clip.h"
#include "runtime/open_backend.h"

namespace clipkit {

struct Model::Impl {
  Impl(Clip model, std::unique_ptr<Backend> device_backend, std::filesystem::path file, const LoadOptions& load_options)
      : clip(std::move(model)),
        backend(std::move(device_backend)),
        workspace(*backend),
        device(to_string(backend->device())),
        threads(load_options.threads),
        path(std::move(file)),
        options(load_options) {}

  Clip clip;
  std::unique_ptr<Backend> backend;
  Workspace workspace;
  std::string device;
  int threads;
  std::filesystem::path path;
  LoadOptions options;
  std::once_flag sha256_once;
  std::string sha256;
  Checkpoint checkpoint;  // says where the tokenizer is; its tensors are let go once they are laid out
  std::once_flag tokenizer_once;
  std::shared_ptr<const Tokenizer> tokenizer;  // made when first asked for: pictures need none

  template <class Work>
  auto run(const Work& work) {
    std::invoke_result_t<Work, const Context&> result;
    run_on_compute_thread([&] {
      set_num_compute_threads(threads);
      result = work(Context{*backend, workspace});
    });
    return result;
  }

  const std::shared_ptr<const Tokenizer>& get_tokenizer() {
    std::call_once(tokenizer_once, [&] { tokenizer = open_tokenizer(checkpoint); });
    return tokenizer;
  }
};

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const ModelConfig& Model::config() const noexcept {
  return impl_->clip.config;
}
std::shared_ptr<const Tokenizer> Model::tokenizer() const {
  return impl_->get_tokenizer();
}
float Model::logit_scale() const noexcept {
  return impl_->clip.scale();
}
const std::string& Model::device() const noexcept {
  return impl_->device;
}

const std::string& Model::sha256() const {
  std::call_once(impl_->sha256_once, [&] { impl_->sha256 = model_digest(impl_->path, impl_->options); });
  return impl_->sha256;
}
std::string Model::fingerprint() const {
  OrderedJson json = {
      {"sha256", sha256()}, {"precision", to_string(impl_->options.precision)}, {"clipkit", CLIPKIT_VERSION}};
  if (impl_->options.round_weights_to_fp16) json["fp16_weights"] = true;
  return json.dump();
}

DType operands_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return DType::kFloat32;
    case Precision::kBFloat16:
      return DType::kBFloat16;
    case Precision::kInt8:
      return DType::kInt8;
  }
  fail(ErrorCode::kInvalidArgument, "unknown precision ", static_cast<int>(precision));
}

namespace {

void prepare_laid_out(Clip& clip, Backend& backend, const ModelSource& source) {
  // The first picture or text reads every weight: the disk may as well begin.
  clip.visit_params([](const std::string&, const Param& param) {
    for (const LaidOut& part : param.laid_out) will_read(part.words.view().raw(), part.words.view().bytes());
  });
  try {
    clip.prepare(backend);
  } catch (const Error& error) {
    fail(error.code(), source.place, ": was prepared for the instructions of ", source.prepared->cpu, " by clipkit ",
         source.prepared->clipkit, " and cannot be used here: ", error.what(), ". Prepare it again: clipkit prepare ",
         source.prepared->source);
  }
}
}  // namespace

Model load(const std::filesystem::path& path, const LoadOptions& options) {
  CLIPKIT_CHECK(options.threads >= 0 && options.threads <= 1024, "threads is ", options.threads,
                ", expected 0 to 1024");
  ModelSource source = open_model_source(path, options, Prepared::kToRun);
  for (const std::string& assumption : source.assumptions) log_info(source.place, ": ", assumption);
  const bool image = options.image_tower && source.has_image_tower, text = options.text_tower && source.has_text_tower;
  if (!image && !text) fail(ErrorCode::kUnsupported, source.place, ": it does not hold the tower that was asked for");

  Clip clip(source.config, image, text);
  clip.load(source.checkpoint.tensors, source.position_resize, source.place);
  std::unique_ptr<Backend> backend;
  run_on_compute_thread([&] {
    set_num_compute_threads(options.threads);
    backend = open_backend(options.device, operands_of(options.precision));
    if (source.prepared) return prepare_laid_out(clip, *backend, source);
    if (const int64_t nan = clip.count_nan(); nan > 0) log_warning(source.place, ": ", nan, " weights are NaN");
    if (options.round_weights_to_fp16) clip.round_to_fp16();
    clip.prepare(*backend);
  });
  auto impl = std::make_unique<Model::Impl>(std::move(clip), std::move(backend), path, options);
  if (source.prepared) impl->options.round_weights_to_fp16 = source.prepared->fp16_weights;
  source.checkpoint.raw.clear();
  source.checkpoint.tensors.clear();
  impl->checkpoint = std::move(source.checkpoint);
  return Model(std::move(impl));
}

Tensor Model::encode_image(std::span<const Image> images, Output output) const {
  constexpr size_t kBatch = 64;  // preprocessed at once
  if (images.size() <= kBatch) return encode_pixels(preprocess(images, config().preprocess), output);
  Tensor result;
  for (size_t begin = 0; begin < images.size(); begin += kBatch) {
    const auto batch = images.subspan(begin, std::min(kBatch, images.size() - begin));
    const Tensor part = encode_pixels(preprocess(batch, config().preprocess), output);
    if (!result) {
      std::vector<int64_t> sizes(part.shape().sizes().begin(), part.shape().sizes().end());
      sizes[0] = static_cast<int64_t>(images.size());
      result = Tensor::empty(Shape(std::span<const int64_t>(sizes)));
    }
    std::copy_n(part.data<float>(), part.num_elements(),
                result.data<float>() + static_cast<int64_t>(begin) * (part.num_elements() / part.shape()[0]));
  }
  return result;
}

Tensor Model::encode_pixels(TensorView pixels, Output output) const {
  return impl_->run([&](const Context& c) { return impl_->clip.encode_pixels(c, pixels, output); });
}

Tensor Model::encode_text(std::span<const std::string> texts, Output output, Overflow overflow) const {
  const Tokenizer& tokenizer = *impl_->get_tokenizer();
  const TextConfig& text = config().text;
  CLIPKIT_CHECK(tokenizer.vocab_size() == text.vocab_size, "the model has ", text.vocab_size, " tokens, its tokenizer ",
                tokenizer.vocab_size(), ": texts cannot be encoded, only tokens");
  std::vector<int64_t> row_text;
  const Tensor tokens =
      tokenizer.tokenize(texts, {.context_length = text.context_length, .overflow = overflow}, &row_text);
  Tensor rows = encode_tokens(tokens, output);
  if (overflow != Overflow::kWindows || rows.shape()[0] == static_cast<int64_t>(texts.size())) return rows;
  CLIPKIT_CHECK(output != Output::kTokens, "the tokens of a text in several windows have no single row");
  // The mean of a text's windows.
  Tensor means = Tensor::zeros({static_cast<int64_t>(texts.size()), rows.shape()[1]});
  std::vector<int> windows(texts.size(), 0);
  for (const int64_t text_index : row_text) ++windows[static_cast<size_t>(text_index)];
  for (size_t r = 0; r < row_text.size(); ++r) {
    const auto from = rows.row<float>(static_cast<int64_t>(r)), to = means.row<float>(row_text[r]);
    const auto share = 1.0f / static_cast<float>(windows[static_cast<size_t>(row_text[r])]);
    for (size_t d = 0; d < to.size(); ++d) to[d] += share * from[d];
  }
  return means;
}

Tensor Model::encode_tokens(TensorView tokens, Output output) const {
  if (tokens.dtype() != DType::kInt64) {
    return impl_->run([&](const Context& c) { return impl_->clip.encode_tokens(c, tokens, output); });
  }
  Tensor narrow = Tensor::empty(tokens.shape(), DType::kInt32);
  const auto from = tokens.span<int64_t>();
  for (size_t i = 0; i < from.size(); ++i) {
    CLIPKIT_CHECK(from[i] >= 0 && from[i] < config().text.vocab_size, "token id ", from[i],
                  " is not in the vocabulary of ", config().text.vocab_size);
    narrow.data<int32_t>()[i] = static_cast<int32_t>(from[i]);
  }
  return encode_tokens(narrow, output);
}

Tensor Model::zero_shot_classifier(std::span<const std::string> labels, std::span<const std::string> templates) const {
  CLIPKIT_CHECK(!labels.empty() && !templates.empty(), "a classifier needs at least one label and one template");
  std::vector<std::vector<std::string>> names;
  for (const std::string& label : labels) names.push_back({label});
  return clipkit::zero_shot_classifier(*impl_->backend, class_prompts(names, templates),
                                       [this](std::span<const std::string> texts) { return encode_text(texts); });
}

Logits Model::logits(TensorView image_features, TensorView text_features) const {
  return impl_->run([&](const Context& c) {
    const auto normalized = [&](const char* name, const TensorView& features) {
      CLIPKIT_CHECK(features.shape().rank() == 2 && features.dtype() == DType::kFloat32, name, " features have shape ",
                    to_string(features.shape()), " of ", to_string(features.dtype()), ", expected [N, E] of float32");
      Tensor result = Tensor::empty(features.shape());
      ops::normalize_rows(c.backend, {.x = features, .y = result});
      return result;
    };
    const Tensor images = normalized("image", image_features), texts = normalized("text", text_features);
    CLIPKIT_CHECK(images.shape()[1] == texts.shape()[1], "image features have ", images.shape()[1],
                  " dimensions, text features ", texts.shape()[1]);
    const int64_t num_images = images.shape()[0], num_texts = texts.shape()[0];
    Logits result{Tensor::empty({num_images, num_texts}), Tensor::empty({num_texts, num_images})};
    ops::similarity(c.backend, {.a = images, .b = texts, .c = result.logits_per_image, .alpha = logit_scale()});
    for (int64_t i = 0; i < num_images; ++i) {
      for (int64_t t = 0; t < num_texts; ++t) {
        result.logits_per_text.data<float>()[t * num_images + i] =
            result.logits_per_image.data<float>()[i * num_texts + t];
      }
    }
    return result;
  });
}

namespace {

template <class Work>
Tensor by_rows(const char* name, TensorView x, const Work& work) {
  CLIPKIT_CHECK(x.shape().rank() == 2 && x.dtype() == DType::kFloat32, name, ": a tensor of shape ",
                to_string(x.shape()), " of ", to_string(x.dtype()), ", expected a float32 matrix");
  Tensor y = Tensor::empty(x.shape());
  run_on_compute_thread([&] { work(*open_backend("cpu", DType::kFloat32), x, y.view()); });
  return y;
}

}  // namespace

Tensor softmax(TensorView logits) {
  return by_rows("softmax", logits,
                 [](Backend& b, TensorView x, TensorView y) { ops::softmax_rows(b, {.x = x, .y = y}); });
}

Tensor normalize_rows(TensorView features) {
  return by_rows("normalize_rows", features,
                 [](Backend& b, TensorView x, TensorView y) { ops::normalize_rows(b, {.x = x, .y = y}); });
}

}  // namespace clipkit
