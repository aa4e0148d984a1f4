#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "clipkit/reject.h"
#include "clipkit/tensor.h"
#include "eval/bootstrap.h"
#include "eval/reject_draw.h"

// What draws say of each score and of prediction sets, added draw by draw.

namespace clipkit {

// One number of each draw: their mean with Student's t, or the bootstrap of a single one.
class DrawEstimator {
 public:
  DrawEstimator(size_t draws, int resamples) : resamples_(draws == 1 ? resamples : 0) {}

  // The number is metric({}); of a single draw metric gets how often each item was drawn.
  void add(size_t items, const std::function<double(std::span<const uint32_t> weights)>& metric);
  void add_mean(const std::vector<double>& values);
  Estimate estimate() const;
  Estimate part() const;  // the same of numbers from 0 to 1: so is their interval

 private:
  int resamples_;
  std::vector<double> values_{};
  Interval bootstrap_{};
};

class ScoreOfDraws {
 public:
  ScoreOfDraws(RejectScore score, double coverage, size_t draws, int resamples);
  // scores: one of each row.
  void add(const RejectDraw& draw, const std::vector<double>& scores);
  RejectResult::OfScore result() const;

 private:
  double coverage_, share_;
  DrawEstimator auroc_, fpr95_, kept_, declined_;
  RejectResult::OfScore made_;
};

class SetsOfDraws {
 public:
  SetsOfDraws(double coverage, size_t draws, int resamples);
  // logits: (rows, labels) float64, of all rows. labels: of the known pictures.
  void add(const RejectDraw& draw, const std::vector<PictureLabels>& labels, const Tensor& logits);
  RejectResult::Sets result() const;

 private:
  double coverage_;
  DrawEstimator covered_, size_, empty_, unknown_;
};

}  // namespace clipkit
