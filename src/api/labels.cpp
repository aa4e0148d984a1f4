#include "clipkit/labels.h"

#include "api/model_encoder.h"
#include "base/check.h"
#include "base/compute_thread.h"
#include "base/log.h"
#include "clipkit/fetch.h"
#include "eval/reject_scores.h"
#include "eval/reject_words.h"
#include "eval/zero_shot_classifier.h"
#include "runtime/open_backend.h"

namespace clipkit {

namespace {

std::unique_ptr<Backend> backend_for_features() {
  std::unique_ptr<Backend> backend;
  run_on_compute_thread([&] { backend = open_backend("cpu", DType::kFloat32); });
  return backend;
}

Encoder cached_encoder(const Model& model, Backend& backend, const LabelCache& cache) {
  Encoder encoder = encoder_of(model, backend);
  if (cache.use) encoder.fingerprint = model.fingerprint();  // the model's file is read for it
  return encoder;
}

std::filesystem::path folder_of(const LabelCache& cache) {
  if (!cache.use) return {};
  return cache.folder.empty() ? cache_folder() / "features" : cache.folder;
}

void tell(const LabelCache& cache, int64_t done, int64_t total) {
  if (cache.progress && !cache.progress(done, total)) fail(ErrorCode::kCancelled, "encoding labels: stopped");
}

std::vector<std::vector<std::string>> prompts_of(std::span<const std::string> labels,
                                                 std::span<const std::string> templates) {
  CLIPKIT_CHECK(!labels.empty() && !templates.empty(), "a classifier needs at least one label and one template");
  std::vector<std::vector<std::string>> names;
  for (const std::string& label : labels) names.push_back({label});
  return class_prompts(names, templates);
}

}  // namespace

Tensor encode_labels(const Model& model, std::span<const std::string> labels, std::span<const std::string> templates,
                     const LabelCache& cache) {
  const auto backend = backend_for_features();
  const Encoder encoder = cached_encoder(model, *backend, cache);
  const auto prompts = prompts_of(labels, templates);
  if (const int64_t cut = count_cut(encoder, prompts); cut > 0)
    log_warning(cut, " texts are longer than the model's context: their ends are cut off");
  const auto total = static_cast<int64_t>(labels.size() * templates.size());
  return cached_classifier(encoder, prompts, folder_of(cache), [&](int64_t done) { tell(cache, done, total); });
}

struct Rejector::Impl {
  std::unique_ptr<Backend> backend = backend_for_features();
  RejectScore score = RejectScore::kNegLabel;
  double threshold = 0, logit_scale = 0;
  Tensor labels, negatives;
};

Rejector::Rejector(Rejector&&) noexcept = default;
Rejector& Rejector::operator=(Rejector&&) noexcept = default;
Rejector::~Rejector() = default;

Rejector::Rejector(const Model& model, std::span<const std::string> labels, std::span<const std::string> templates,
                   TensorView classifier, const std::optional<RejectRule>& rule, const LabelCache& cache)
    : impl_(std::make_unique<Impl>()) {
  CLIPKIT_CHECK(classifier.shape() == (Shape{std::ssize(labels), int64_t{model.config().embed_dim}}),
                "a classifier of shape ", to_string(classifier.shape()), " for ", labels.size(), " labels");
  if (rule) {
    CLIPKIT_CHECK(rule->model_sha256 == model.sha256(), "the rule was made with another model: its SHA-256 is ",
                  rule->model_sha256, ", this one's ", model.sha256());
    if (rule->prompts_sha256 != digest_in_any_order(prompts_of(labels, templates)))
      log_warning(
          "the rule was calibrated for other labels or templates: what part of the pictures it keeps is not known "
          "for these");
    impl_->score = rule->score;
  }
  impl_->logit_scale = static_cast<double>(model.logit_scale());
  impl_->labels = Tensor::copy_of(classifier);
  if (impl_->score == RejectScore::kNegLabel) {
    const RejectWords words(cached_encoder(model, *impl_->backend, cache), templates, folder_of(cache),
                            [&](int64_t done, int64_t total) { tell(cache, done, total); });
    CLIPKIT_CHECK(!rule || rule->vocabulary_sha256 == words.sha256(),
                  "the rule was made with other templates, or with the vocabulary of another version of clipkit, ",
                  rule->version);
    impl_->negatives = words.negatives(*impl_->backend, impl_->labels, labels);
  }
  impl_->threshold = rule ? rule->threshold : even_threshold(impl_->negatives.shape()[0]);
}

std::vector<double> Rejector::scores(TensorView image_features) const {
  return reject_scores(*impl_->backend, impl_->score, image_features, impl_->labels, impl_->negatives,
                       impl_->logit_scale);
}

double Rejector::threshold() const noexcept {
  return impl_->threshold;
}

}  // namespace clipkit
