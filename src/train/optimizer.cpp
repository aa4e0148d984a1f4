#include "train/optimizer.h"

#include <cmath>

namespace clipkit {

Optimizer::Optimizer(Backend& backend, const Parameters& parameters, const OptimizerOptions& options,
                     const LearningRateScale& lr_scale)
    : backend_(backend), options_(options) {
  const DType moments = options.bf16_moments ? DType::kBFloat16 : backend.sum_dtype();
  parameters([&](const std::string& name, Param& param) {
    if (!param.grad) return;
    Entry entry{.name = name,
                .param = &param,
                .m = backend.allocate(param.shape, moments),
                .v = backend.allocate(param.shape, moments),
                .decay = param.shape.rank() >= 2,
                .lr_scale = lr_scale ? lr_scale(name) : 1};
    backend.zero(entry.m);
    backend.zero(entry.v);
    entries_.push_back(std::move(entry));
  });
}

void Optimizer::zero_grad() {
  for (Entry& entry : entries_) backend_.zero(entry.param->grad);
}

double Optimizer::gradient_norm() const {
  const Tensor sum = backend_.allocate({}, DType::kFloat64), host = Tensor::empty({}, DType::kFloat64);
  backend_.zero(sum);
  for (const Entry& entry : entries_) ops::sum_of_squares(backend_, {.x = entry.param->grad, .result = sum});
  backend_.download(sum, host);
  backend_.synchronize();
  return std::sqrt(*host.data<double>());
}

void Optimizer::step(double lr, double gradient_factor) {
  ++steps;
  uint32_t index = 0;
  for (Entry& entry : entries_) {
    ops::adamw(backend_, {.param = entry.param->value,
                          .grad = entry.param->grad,
                          .m = entry.m,
                          .v = entry.v,
                          .lr = lr * entry.lr_scale,
                          .beta1 = options_.beta1,
                          .beta2 = options_.beta2,
                          .eps = options_.eps,
                          .weight_decay = entry.decay ? options_.weight_decay : 0,
                          .step = steps,
                          .gradient_factor = gradient_factor,
                          .seed = options_.seed,
                          .tensor = index++});
  }
}

}  // namespace clipkit
