#include <utility>

#include "ops/checks.h"

namespace clipkit::ops {

namespace {

// (C) sum type.
void check_channels(const char* op, const Backend& b, int64_t channels,
                    std::initializer_list<std::pair<const char*, TensorView>> tensors) {
  for (const auto& [name, tensor] : tensors) {
    check_shape(op, name, tensor, {channels});
    check_dtype(op, name, tensor, b.sum_dtype());
    check_device(op, b, {tensor});
  }
}
// (R, C) operand type, like x.
void check_like_x(const char* op, const Backend& b, const TensorView& x,
                  std::initializer_list<std::pair<const char*, TensorView>> tensors) {
  check_rank(op, "x", x, 2);
  check_shape(op, "x", x, x.shape());
  check_dtype(op, "x", x, b.operand_dtype());
  for (const auto& [name, tensor] : tensors) {
    check_shape(op, name, tensor, x.shape());
    check_dtype(op, name, tensor, b.operand_dtype());
    check_device(op, b, {x, tensor});
  }
}
void check_sums(const char* op, const Backend& b, const TensorView& sums, int64_t channels) {
  check_shape(op, "sums", sums, {2, channels});
  check_dtype(op, "sums", sums, DType::kFloat64);
  check_device(op, b, {sums});
}

}  // namespace

void batch_sums(Backend& b, const BatchSumsArgs& args) {
  check_like_x("batch_sums", b, args.x, {});
  check_sums("batch_sums", b, args.sums, args.x.shape()[1]);
  check_device("batch_sums", b, {args.x});
  check_apart("batch_sums", "sums", args.sums, "x", args.x);
  if (args.sums.num_elements() > 0) b.batch_sums(args);
}

void batch_moments(Backend& b, const BatchMomentsArgs& args) {
  check_rank("batch_moments", "mean", args.mean, 1);
  const int64_t channels = args.mean.shape()[0];
  check_sums("batch_moments", b, args.sums, channels);
  check_channels(
      "batch_moments", b, channels,
      {{"mean", args.mean}, {"var", args.var}, {"running_mean", args.running_mean}, {"running_var", args.running_var}});
  CLIPKIT_CHECK(args.count > 0, "batch_moments: the mean of ", args.count, " rows");
  CLIPKIT_CHECK(args.momentum >= 0 && args.momentum <= 1, "batch_moments: momentum ", args.momentum);
  for (const TensorView& result : {args.mean, args.var, args.running_mean, args.running_var}) {
    check_apart("batch_moments", "a result", result, "sums", args.sums);
  }
  if (channels > 0) b.batch_moments(args);
}

void batch_norm(Backend& b, const BatchNormArgs& args) {
  check_like_x("batch_norm", b, args.x, {{"y", args.y}});
  check_channels("batch_norm", b, args.x.shape()[1],
                 {{"mean", args.mean}, {"var", args.var}, {"weight", args.weight}, {"bias", args.bias}});
  if (args.residual) check_like_x("batch_norm", b, args.x, {{"residual", args.residual}});
  check_same_or_apart("batch_norm", "y", args.y, "x", args.x);
  check_same_or_apart("batch_norm", "y", args.y, "residual", args.residual);
  if (args.y.num_elements() > 0) b.batch_norm(args);
}

void batch_norm_backward_sums(Backend& b, const BatchNormBackwardSumsArgs& args) {
  constexpr const char* kOp = "batch_norm_backward_sums";
  check_like_x(kOp, b, args.x, {{"dy", args.dy}});
  const int64_t channels = args.x.shape()[1];
  if (args.y) check_like_x(kOp, b, args.x, {{"y", args.y}});
  check_channels(kOp, b, channels, {{"mean", args.mean}, {"var", args.var}});
  check_sums(kOp, b, args.sums, channels);
  CLIPKIT_CHECK(static_cast<bool>(args.dweight) == static_cast<bool>(args.dbias), kOp,
                ": dweight and dbias come together");
  if (args.dweight) check_channels(kOp, b, channels, {{"dweight", args.dweight}, {"dbias", args.dbias}});
  check_apart(kOp, "dy", args.dy, "x", args.x);
  check_apart(kOp, "dy", args.dy, "y", args.y);
  if (args.sums.num_elements() > 0) b.batch_norm_backward_sums(args);
}

void batch_norm_backward(Backend& b, const BatchNormBackwardArgs& args) {
  constexpr const char* kOp = "batch_norm_backward";
  check_like_x(kOp, b, args.x, {{"dy", args.dy}, {"dx", args.dx}});
  const int64_t channels = args.x.shape()[1];
  check_channels(kOp, b, channels, {{"mean", args.mean}, {"var", args.var}, {"weight", args.weight}});
  if (args.sums) check_sums(kOp, b, args.sums, channels);
  CLIPKIT_CHECK(args.count > 0, kOp, ": the mean of ", args.count, " rows");
  check_same_or_apart(kOp, "dx", args.dx, "dy", args.dy);
  check_same_or_apart(kOp, "dx", args.dx, "x", args.x);
  if (args.dx.num_elements() > 0) b.batch_norm_backward(args);
}

}  // namespace clipkit::ops
