#include "transfer/tip_keys.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "base/parallel.h"
#include "base/shuffle.h"
#include "ops/reference/optimizer.h"
#include "train/schedule.h"
#include "transfer/blas.h"
#include "transfer/logistic_loss.h"

namespace clipkit {

TipKeyLoss::TipKeyLoss(const FewShotPictures& shots, double alpha, double beta)
    : shots_(shots),
      alpha_(alpha),
      beta_(beta),
      num_keys_(shots.unit.shape()[0]),
      width_(shots.unit.shape()[1]),
      num_classes_(shots.zero_shot.shape()[1]) {}

double TipKeyLoss::evaluate(std::span<const int64_t> rows, std::span<const double> keys, std::span<double> gradient) {
  const auto n = static_cast<int64_t>(rows.size()), blocks = (num_keys_ + kBlock - 1) / kBlock;
  pictures_.resize(static_cast<size_t>(n * width_));
  near_.resize(static_cast<size_t>(n * num_keys_));
  logits_.resize(static_cast<size_t>(n * num_classes_));
  const auto in_block = [&](int64_t block) { return std::min(kBlock, num_keys_ - block * kBlock); };
  for (int64_t i = 0; i < n; ++i) {
    const auto from = shots_.unit.row<float>(rows[static_cast<size_t>(i)]);
    std::copy(from.begin(), from.end(), pictures_.begin() + i * width_);
  }
  const Blas& b = blas();
  parallel_for(blocks, [&](int64_t block) {
    const int64_t first = block * kBlock, count = in_block(block);
    b.gemm(false, true, n, count, width_, 1, pictures_.data(), width_, keys.data() + first * width_, width_, 0,
           near_.data() + first, num_keys_);
    for (int64_t i = 0; i < n; ++i) {
      double* row = near_.data() + i * num_keys_ + first;
      for (int64_t k = 0; k < count; ++k) row[k] = std::exp(-beta_ * (1 - row[k]));
    }
  });
  std::vector<double> losses(rows.size());
  parallel_for(n, [&](int64_t i) {  // logits become the gradient with respect to them, near_ that with respect to f.key
    const int64_t picture = rows[static_cast<size_t>(i)];
    double *row = logits_.data() + i * num_classes_, *near = near_.data() + i * num_keys_;
    const auto zero_shot = shots_.zero_shot.row<double>(picture);
    std::copy(zero_shot.begin(), zero_shot.end(), row);
    for (int64_t k = 0; k < num_keys_; ++k) row[shots_.classes[static_cast<size_t>(k)]] += alpha_ * near[k];
    losses[static_cast<size_t>(i)] =
        softmax_loss(row, num_classes_, shots_.classes[static_cast<size_t>(picture)]).loss / static_cast<double>(n);
    for (int64_t k = 0; k < num_keys_; ++k)
      near[k] *= alpha_ * beta_ / static_cast<double>(n) * row[shots_.classes[static_cast<size_t>(k)]];
  });
  parallel_for(blocks, [&](int64_t block) {
    const int64_t first = block * kBlock;
    b.gemm(true, false, in_block(block), width_, n, 1, near_.data() + first, num_keys_, pictures_.data(), width_, 0,
           gradient.data() + first * width_, width_);
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

Tensor train_tip_keys(const FewShotPictures& shots, const TipKeyTraining& training) {
  const auto num_shots = static_cast<int64_t>(shots.classes.size()), n = shots.unit.num_elements(),
             batch = static_cast<int64_t>(training.batch_size), batches = (num_shots + batch - 1) / batch;
  const auto size = static_cast<size_t>(n);
  std::vector<double> keys(shots.unit.span<float>().begin(), shots.unit.span<float>().end()), gradient(size), m(size),
      v(size);
  TipKeyLoss loss(shots, training.alpha, training.beta);
  const Schedule schedule{.lr = training.lr, .total_steps = training.epochs * batches};
  AdamWArgs adamw{.eps = training.eps, .weight_decay = training.weight_decay};
  std::vector<int64_t> order(shots.classes.size());
  for (int epoch = 0; epoch < training.epochs; ++epoch) {
    std::iota(order.begin(), order.end(), 0);
    Random random(0, RandomUse::kSampleOrder, static_cast<uint32_t>(epoch));
    shuffle(order, random);
    for (int64_t begin = 0; begin < num_shots; begin += batch, ++adamw.step) {
      if (training.stop && training.stop()) fail(ErrorCode::kCancelled, "Tip-Adapter-F: stopped");
      const auto count = static_cast<size_t>(std::min(batch, num_shots - begin));
      loss.evaluate(std::span(order).subspan(static_cast<size_t>(begin), count), keys, gradient);
      adamw.lr = schedule.at(adamw.step - 1);
      const reference::AdamWFactors<double> factors(adamw);
      parallel_for_pieces(n, [&](int64_t from, int64_t length) {
        for (auto i = static_cast<size_t>(from); i < static_cast<size_t>(from + length); ++i)
          reference::adamw(factors, gradient[i], keys[i], m[i], v[i]);
      });
    }
  }
  Tensor result = Tensor::empty(shots.unit.shape());
  std::transform(keys.begin(), keys.end(), result.data<float>(), [](double key) { return static_cast<float>(key); });
  return result;
}

}  // namespace clipkit
