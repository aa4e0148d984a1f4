#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "train/host_values.h"

namespace clipkit {

namespace {

constexpr double kMaxLogitScale = 4.6051701859880918;  // ln 100 (CLIP section 2.5)

void copy(Backend& b, TensorView from, TensorView to) {
  b.zero(to);  // NaN would stay
  ops::blend(b, {.x = from, .y = to, .factor = 1});
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

// What the backward passes of some pairs read.
struct Trainer::Tape {
  std::unique_ptr<ImageTower::Saved> image;
  TextTransformer::Saved text;
  std::optional<Workspace::Scope> text_scope{};  // its activations go before the image tower's backward pass needs more
};

Trainer::Trainer(Clip& model, Backend& backend, Communicator& ranks, const TrainerOptions& options,
                 const Optimizer::LearningRateScale& lr_scale)
    : model_(model),
      backend_(backend),
      ranks_(ranks),
      options_(options),
      workspace_(backend),
      sums_(ranks),
      statistics_{ranks.size(), [&ranks](TensorView sums) { ranks.all_reduce_sum(sums); }},
      optimizer_(
          backend, [&](const ParamVisitor& visit) { model.visit_params(visit); }, options.optimizer, lr_scale),
      trains_image_(learns(*model.visual)),
      trains_text_(learns(*model.text)) {
  model.visit_params([&](const std::string&, Param& param) {
    if (param.buffer && !param.frozen) buffers_.push_back({&param, backend.allocate(param.shape, backend.sum_dtype())});
  });
  if (options.ema_decay <= 0) return;
  for (const Optimizer::Entry& entry : optimizer_.entries()) {
    averages_.push_back(backend.allocate(entry.param->shape, backend.sum_dtype()));
    copy(backend, entry.param->value, averages_.back());
  }
}

StepResult Trainer::step(const PairsView& pairs, int64_t step, double lr,
                         const std::function<bool(const StepResult&)>& accept) {
  const bool shares = options_.use_bn_sync && ranks_.size() > 1;
  const Context c{backend_, workspace_, shares ? &statistics_ : nullptr, options_.grad_checkpointing};
  const Workspace::Scope scope(workspace_);
  const int64_t n = pairs.pixels.shape()[0], part = options_.micro_batch > 0 ? std::min(options_.micro_batch, n) : n;
  const Features f(c, {n, model_.config.embed_dim});
  optimizer_.zero_grad();
  for (const Buffer& buffer : buffers_) copy(backend_, buffer.param->value, buffer.before);

  Tape tape;
  if (part == n) {
    forward(c, pairs, step, {0, n}, f, &tape);
  } else {
    for (int64_t begin = 0; begin < n; begin += part)
      forward(c, pairs, step, {begin, std::min(n, begin + part)}, f, nullptr);
  }
  ops::normalize_rows(backend_, {.x = f.image_raw, .y = f.image});
  ops::normalize_rows(backend_, {.x = f.text_raw, .y = f.text});
  StepResult result;
  result.loss = contrastive_objective(c, ranks_, options_.loss_gradient,
                                      {.image = f.image,
                                       .text = f.text,
                                       .logit_scale = model_.logit_scale.value,
                                       .logit_bias = model_.logit_bias.value,
                                       .dimage = f.dimage,
                                       .dtext = f.dtext,
                                       .dlogit_scale = model_.logit_scale.grad,
                                       .dlogit_bias = model_.logit_bias.grad});
  ops::normalize_rows_backward(backend_, {.x = f.image_raw, .dy = f.dimage, .dx = f.dimage});
  ops::normalize_rows_backward(backend_, {.x = f.text_raw, .dy = f.dtext, .dx = f.dtext});
  const ParamVisitor start_sum = [&](const std::string&, Param& param) { sums_.start(param); };
  Context last = c;
  if (ranks_.size() > 1) last.gradient_is_whole = &start_sum;
  if (part == n) {
    backward(last, tape, {0, n}, f);
  } else {
    for (int64_t begin = 0; begin < n; begin += part) {
      const Workspace::Scope part_scope(workspace_);
      const Range rows = {begin, std::min(n, begin + part)};
      Tape part_tape;
      forward(c, pairs, step, rows, f, &part_tape);
      backward(rows.end == n ? last : c, part_tape, rows, f);
    }
  }
  last.gradients_are_whole(model_);  // those of no layer
  sums_.finish();

  result.gradient_norm = optimizer_.gradient_norm();
  const bool accepted = !accept || accept(result);
  result.applied = accepted && std::isfinite(result.loss) && std::isfinite(result.gradient_norm);
  if (result.applied) {
    move(result, lr);
  } else {
    for (const Buffer& buffer : buffers_) copy(backend_, buffer.before, buffer.param->value);
  }
  result.logit_scale = std::exp(sum_on_host(backend_, model_.logit_scale.value));
  return result;
}

void Trainer::move(const StepResult& result, double lr) {
  const double limit = options_.grad_clip_norm;
  optimizer_.step(lr, limit > 0 && result.gradient_norm > limit ? limit / result.gradient_norm : 1);
  ops::clamp(backend_, {.x = model_.logit_scale.value, .low = 0, .high = kMaxLogitScale});
  for (size_t i = 0; i < averages_.size(); ++i) {
    ops::blend(backend_,
               {.x = optimizer_.entries()[i].param->value, .y = averages_[i], .factor = 1 - options_.ema_decay});
  }
  model_.prepare(backend_);
}

void Trainer::forward(const Context& c, const PairsView& pairs, int64_t step, Range rows, const Features& f,
                      Tape* tape) {
  const TensorView pixels = pairs.pixels.slice(rows.begin, rows.end), image = f.image_raw.slice(rows.begin, rows.end),
                   text = f.text_raw.slice(rows.begin, rows.end);
  const auto texts = pairs.texts.subspan(static_cast<size_t>(rows.begin), static_cast<size_t>(rows.end - rows.begin));
  const ImageTower::PatchDropout dropout = {.rate = options_.patch_dropout,
                                            .seed = options_.optimizer.seed,
                                            .step = step,
                                            .first_picture = pairs.pixels.shape()[0] * ranks_.rank() + rows.begin};
  if (trains_image_ && tape) {
    tape->image = model_.visual->forward_training(c, pixels, image, dropout);
  } else if (trains_image_ && dropout.rate > 0) {  // the same patches as in the pass that is remembered
    const Workspace::Scope scope(workspace_);
    model_.visual->forward_training(c, pixels, image, dropout);
  } else {
    model_.visual->forward(c, pixels, Output::kFeatures, image);
  }
  if (trains_text_ && tape) {
    tape->text_scope.emplace(workspace_);
    model_.text->forward(c, texts, text, tape->text);
  } else {
    model_.text->forward(c, texts, Output::kFeatures, text);
  }
}

void Trainer::backward(const Context& c, Tape& tape, Range rows, const Features& f) {
  if (trains_text_) model_.text->backward(c, tape.text, f.dtext.slice(rows.begin, rows.end));
  c.gradients_are_whole(*model_.text);
  tape.text_scope.reset();
  if (trains_image_) model_.visual->backward(c, *tape.image, f.dimage.slice(rows.begin, rows.end));
}

}  // namespace clipkit
