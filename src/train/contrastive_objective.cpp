#include "train/contrastive_objective.h"

#include <array>

#include "train/host_values.h"

namespace clipkit {

double contrastive_objective(const Context& c, Communicator& ranks, LossGradient gradient,
                             const ContrastiveBatch& batch) {
  Backend& b = c.backend;
  const Workspace::Scope scope(c.workspace);
  const int64_t n = batch.image.shape()[0], E = batch.image.shape()[1], N = n * ranks.size(), first = n * ranks.rank();
  const bool sigmoid = static_cast<bool>(batch.logit_bias);

  struct Side {
    TensorView own, all;  // features
    TensorView reduced, reduced_all;
    TensorView loss;
    TensorView gradient;
  };
  std::array<Side, 2> sides = {Side{batch.image, c.sums({N, E}), c.sums({n}), c.sums({N}), c.sums({n}), batch.dimage},
                               Side{batch.text, c.sums({N, E}), c.sums({n}), c.sums({N}), c.sums({n}), batch.dtext}};
  if (sigmoid) sides[1].loss = {};  // both sides sum the same matrix
  for (Side& side : sides) ranks.all_gather(side.own, side.all);
  for (size_t s = 0; s < 2; ++s) {
    if (!sides[s].loss) break;
    ops::contrastive_loss(b, {.x = sides[s].own,
                              .y = sides[1 - s].all,
                              .logit_scale = batch.logit_scale,
                              .logit_bias = batch.logit_bias,
                              .first = first,
                              .reduced = sides[s].reduced,
                              .loss = sides[s].loss});
    if (!sigmoid) ranks.all_gather(sides[s].reduced, sides[s].reduced_all);
  }

  const auto pairs = static_cast<double>(N);
  const double share = sigmoid ? 1 / pairs : 1 / (2 * pairs);
  for (size_t s = 0; s < 2; ++s) {
    ops::contrastive_loss_backward(b, {.x = sides[s].own,
                                       .y = sides[1 - s].all,
                                       .logit_scale = batch.logit_scale,
                                       .logit_bias = batch.logit_bias,
                                       .first = first,
                                       .reduced = sides[s].reduced,
                                       .reduced_y = sides[1 - s].reduced_all,
                                       .factor = gradient == LossGradient::kGlobalOnly ? share / ranks.size() : share,
                                       .scalar_factor = share,
                                       .own_side_only = gradient == LossGradient::kLocalOnly,
                                       .dx = sides[s].gradient,
                                       .dlogit_scale = s == 0 ? batch.dlogit_scale : TensorView{},
                                       .dlogit_bias = s == 0 ? batch.dlogit_bias : TensorView{}});
  }

  std::array<double, 1> sum = {};
  for (const Side& side : sides) {
    if (side.loss) sum[0] += sum_on_host(b, side.loss);
  }
  ranks.all_reduce_sum(sum);
  return sum[0] * share;
}

}  // namespace clipkit
