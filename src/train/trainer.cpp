#include "train/trainer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "train/host_values.h"

namespace clipkit {

namespace {

constexpr double kMaxLogitScale = 4.6051701859880918;  // ln 100 (CLIP section 2.5)

PairsView part_of(const PairsView& pairs, int64_t begin, int64_t end) {
  return {pairs.pixels.slice(begin, end),
          pairs.texts.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))};
}

}  // namespace

// All (n, E), sum type.
struct Trainer::Features {
  TensorView image_raw, text_raw, image, text, dimage, dtext;
  Features(const Context& c, Shape shape)
      : image_raw(c.sums(shape)),
        text_raw(c.sums(shape)),
        image(c.sums(shape)),
        text(c.sums(shape)),
        dimage(c.sums(shape)),
        dtext(c.sums(shape)) {}
};

Trainer::Trainer(Clip& model, Backend& backend, Communicator& ranks, const TrainerOptions& options,
                 const Optimizer::LearningRateScale& lr_scale)
    : model_(model),
      backend_(backend),
      ranks_(ranks),
      options_(options),
      workspace_(backend),
      optimizer_(
          backend, [&](const ParamVisitor& visit) { model.visit_params(visit); }, options.optimizer, lr_scale) {}

StepResult Trainer::step(const PairsView& pairs, double lr, const std::function<bool(const StepResult&)>& accept) {
  const Context c{backend_, workspace_};
  const Workspace::Scope scope(workspace_);
  const int64_t n = pairs.pixels.shape()[0];
  const bool in_parts = options_.micro_batch > 0 && options_.micro_batch < n;
  const Features f(c, {n, model_.config.embed_dim});
  optimizer_.zero_grad();

  std::unique_ptr<ImageTower::Saved> image_saved;
  TextTransformer::Saved text_saved;
  if (in_parts) {
    forward_parts(c, pairs, f);
  } else {
    image_saved = model_.visual->forward_training(c, pairs.pixels, f.image_raw);
    model_.text->forward(c, pairs.texts, f.text_raw, text_saved);
  }
  ops::normalize_rows(backend_, {.x = f.image_raw, .y = f.image});
  ops::normalize_rows(backend_, {.x = f.text_raw, .y = f.text});
  StepResult result;
  result.loss = contrastive_objective(c, ranks_, options_.loss_gradient,
                                      {.image = f.image,
                                       .text = f.text,
                                       .logit_scale = model_.logit_scale.value,
                                       .dimage = f.dimage,
                                       .dtext = f.dtext,
                                       .dlogit_scale = model_.logit_scale.grad});
  ops::normalize_rows_backward(backend_, {.x = f.image_raw, .dy = f.dimage, .dx = f.dimage});
  ops::normalize_rows_backward(backend_, {.x = f.text_raw, .dy = f.dtext, .dx = f.dtext});
  if (in_parts) {
    backward_parts(c, pairs, f);
  } else {
    model_.text->backward(c, text_saved, f.dtext);
    model_.visual->backward(c, *image_saved, f.dimage);
  }
  sum_gradients_over_ranks();

  result.gradient_norm = optimizer_.gradient_norm();
  const bool accepted = !accept || accept(result);
  result.applied = accepted && std::isfinite(result.loss) && std::isfinite(result.gradient_norm);
  if (result.applied) {
    const double limit = options_.grad_clip_norm;
    optimizer_.step(lr, limit > 0 && result.gradient_norm > limit ? limit / result.gradient_norm : 1);
    ops::clamp(backend_, {.x = model_.logit_scale.value, .low = 0, .high = kMaxLogitScale});
    model_.prepare(backend_);
  }
  result.logit_scale = std::exp(sum_on_host(backend_, model_.logit_scale.value));
  return result;
}

void Trainer::forward_parts(const Context& c, const PairsView& pairs, const Features& f) {
  const int64_t n = pairs.pixels.shape()[0];
  for (int64_t begin = 0; begin < n; begin += options_.micro_batch) {
    const int64_t end = std::min(n, begin + options_.micro_batch);
    const PairsView part = part_of(pairs, begin, end);
    model_.visual->forward(c, part.pixels, Output::kFeatures, f.image_raw.slice(begin, end));
    model_.text->forward(c, part.texts, Output::kFeatures, f.text_raw.slice(begin, end));
  }
}

void Trainer::backward_parts(const Context& c, const PairsView& pairs, const Features& f) {
  const int64_t n = pairs.pixels.shape()[0];
  for (int64_t begin = 0; begin < n; begin += options_.micro_batch) {
    const int64_t end = std::min(n, begin + options_.micro_batch);
    const PairsView part = part_of(pairs, begin, end);
    {
      const Workspace::Scope scope(workspace_);
      TextTransformer::Saved saved;
      model_.text->forward(c, part.texts, f.text_raw.slice(begin, end), saved);
      model_.text->backward(c, saved, f.dtext.slice(begin, end));
    }
    const Workspace::Scope scope(workspace_);
    const auto saved = model_.visual->forward_training(c, part.pixels, f.image_raw.slice(begin, end));
    model_.visual->backward(c, *saved, f.dimage.slice(begin, end));
  }
}

void Trainer::sum_gradients_over_ranks() {
  if (ranks_.size() == 1) return;
  for (const Optimizer::Entry& entry : optimizer_.entries()) ranks_.all_reduce_sum(entry.param->grad);
}

}  // namespace clipkit
