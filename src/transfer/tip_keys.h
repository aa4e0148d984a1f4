#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "transfer/few_shot_heads.h"

namespace clipkit {

// How Tip-Adapter's logits depend on its keys: with the unit vector f_i of a picture and the key and class of each
// shot,
//   logits_i = zero-shot logits + alpha * sum over k of exp(-beta (1 - f_i . key_k)) onehot(class_k)
//   loss = mean over i of -log softmax(logits_i)[class_i]
//   dkey_k = alpha beta mean over i of (softmax(logits_i) - onehot(class_i))[class_k] exp(-beta (1 - f_i . key_k)) f_i
// In double; the sums are taken in an order that does not depend on the number of threads.
class TipKeyLoss {
 public:
  // Borrowed.
  TipKeyLoss(const FewShotPictures& shots, double alpha, double beta);

  // rows: of the shots that the mean is over. keys: (S, E). gradient: (S, E), written. On the compute thread.
  // Cost: 4 n S E flops for n rows.
  double evaluate(std::span<const int64_t> rows, std::span<const double> keys, std::span<double> gradient);

 private:
  static constexpr int64_t kBlock = 256;  // keys a thread multiplies at once

  const FewShotPictures& shots_;
  const double alpha_, beta_;
  const int64_t num_keys_, width_, num_classes_;
  std::vector<double> pictures_, near_, logits_;  // (n, E), (n, S), (n, C)
};

// As published: AdamW, 20 epochs over the shots in batches of 256, the learning rate from 0.001 down along half a
// cosine, with alpha 1 and beta 5.5 meanwhile (Zhang et al. 2022, section 4.1; batch, eps and decay from their code).
struct TipKeyTraining {
  double alpha = 1, beta = 5.5;
  int epochs = 20, batch_size = 256;
  double lr = 1e-3, eps = 1e-4, weight_decay = 0.01;
  std::function<bool()> stop{};  // asked before each step; true: Error(kCancelled)
};

// The keys, which start from the shots themselves: (S, E) float32. A function of its arguments. On the compute thread.
Tensor train_tip_keys(const FewShotPictures& shots, const TipKeyTraining& training);

}  // namespace clipkit
