#include "transfer/logistic_loss.h"

#include <cmath>

#include "base/parallel.h"
#include "transfer/blas.h"

namespace clipkit {

LogisticLoss::Value softmax_loss(double* scores, int64_t rows, int32_t right) {
  double largest = scores[0], sum = 0, curvature = 0;
  for (int64_t k = 1; k < rows; ++k) largest = std::max(largest, scores[k]);
  const double own = scores[right] - largest;
  for (int64_t k = 0; k < rows; ++k) sum += scores[k] = std::exp(scores[k] - largest);
  for (int64_t k = 0; k < rows; ++k) {
    scores[k] /= sum;
    curvature += scores[k] * (1 - scores[k]);
  }
  scores[right] -= 1;
  return {std::log(sum) - own, curvature / static_cast<double>(rows)};
}

namespace {

LogisticLoss::Value logistic_loss(double& score, int32_t right) {
  const double small = std::exp(-std::abs(score));  // at most 1: nothing overflows
  const double p = score >= 0 ? 1 / (1 + small) : small / (1 + small), margin = right == 1 ? score : -score;
  const double loss = std::log1p(small) + (margin < 0 ? -margin : 0);
  score = p - right;
  return {loss, p * (1 - p)};
}

// Of two classes, whose one row scores class 1 above class 0, the difference.
void add_offsets(std::span<const double> offsets, double* scores) {
  if (offsets.size() == 2) {
    *scores += offsets[1] - offsets[0];
  } else {
    for (size_t k = 0; k < offsets.size(); ++k) scores[k] += offsets[k];
  }
}

}  // namespace

LogisticLoss::LogisticLoss(const AugmentedRows& features, std::span<const int32_t> labels, int64_t num_classes,
                           TensorView offsets)
    : features_(features), labels_(labels), rows_(num_classes == 2 ? 1 : num_classes), offsets_(offsets) {
  lanes_.resize(static_cast<size_t>(std::min(kLanes, features.num_blocks())));
  for (auto& lane : lanes_) lane.resize(static_cast<size_t>(rows_ * features.stride()));
}

LogisticLoss::Value LogisticLoss::add_block(int64_t block, const double* weights, double* gradient) const {
  const int64_t n = features_.rows_of(block), stride = features_.stride();
  thread_local std::vector<double> x, scores;  // 1.5 MiB each: made once for each thread
  features_.read(block, x);
  scores.resize(static_cast<size_t>(n * rows_));
  const Blas& b = blas();
  b.gemm(false, true, n, rows_, stride, 1, x.data(), stride, weights, stride, 0, scores.data(), rows_);
  Value value;
  for (int64_t i = 0; i < n; ++i) {
    const int32_t right = labels_[static_cast<size_t>(block * AugmentedRows::kBlock + i)];
    double* row = scores.data() + i * rows_;
    if (offsets_) add_offsets(offsets_.row<double>(block * AugmentedRows::kBlock + i), row);
    const Value of_row = rows_ == 1 ? logistic_loss(*row, right) : softmax_loss(row, rows_, right);
    value.loss += of_row.loss;
    value.curvature += of_row.curvature;
  }
  b.gemm(true, false, rows_, stride, n, 1, scores.data(), rows_, x.data(), stride, 1, gradient, stride);
  return value;
}

LogisticLoss::Value LogisticLoss::evaluate(std::span<const double> weights, std::span<double> gradient) {
  const auto lanes = static_cast<int64_t>(lanes_.size()), blocks = features_.num_blocks();
  std::vector<Value> values(lanes_.size());
  parallel_for_dynamic(lanes, [&](int64_t lane) {
    std::vector<double>& sum = lanes_[static_cast<size_t>(lane)];
    std::fill(sum.begin(), sum.end(), 0.0);
    Value& value = values[static_cast<size_t>(lane)];
    for (int64_t block = lane * blocks / lanes; block < (lane + 1) * blocks / lanes; ++block) {
      const Value of_block = add_block(block, weights.data(), sum.data());
      value.loss += of_block.loss;
      value.curvature += of_block.curvature;
    }
  });
  Value total;
  for (const Value& value : values) {
    total.loss += value.loss;
    total.curvature += value.curvature;
  }
  parallel_for_pieces(static_cast<int64_t>(gradient.size()), [&](int64_t begin, int64_t count) {
    for (int64_t i = begin; i < begin + count; ++i) {
      double sum = 0;
      for (const auto& lane : lanes_) sum += lane[static_cast<size_t>(i)];
      gradient[static_cast<size_t>(i)] = sum;
    }
  });
  return total;
}

}  // namespace clipkit
