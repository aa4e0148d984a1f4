#include "ops/contrastive_loss.h"

#include "ops/checks.h"

namespace clipkit::ops {

namespace {

constexpr Shape kScalar{};

void check_sides(const char* op, const Backend& b, const TensorView& x, const TensorView& y, int64_t first) {
  check_rank(op, "x", x, 2);
  check_rank(op, "y", y, 2);
  check_shape(op, "x", x, x.shape());
  check_shape(op, "y", y, {y.shape()[0], x.shape()[1]});
  check_dtype(op, "x", x, b.sum_dtype());
  check_dtype(op, "y", y, b.sum_dtype());
  CLIPKIT_CHECK(first >= 0 && first + x.shape()[0] <= y.shape()[0], op, ": rows ", first, " to ",
                first + x.shape()[0] - 1, " of y, which has ", y.shape()[0]);
}

void check_sums(const char* op, const char* name, const Backend& b, const TensorView& tensor, const Shape& shape) {
  check_shape(op, name, tensor, shape);
  check_dtype(op, name, tensor, b.sum_dtype());
}

}  // namespace

void contrastive_loss(Backend& b, const ContrastiveLossArgs& args) {
  constexpr const char* kOp = "contrastive_loss";
  check_sides(kOp, b, args.x, args.y, args.first);
  check_sums(kOp, "logit_scale", b, args.logit_scale, kScalar);
  if (args.logit_bias) check_sums(kOp, "logit_bias", b, args.logit_bias, kScalar);
  const Shape rows = {args.x.shape()[0]};
  check_sums(kOp, "reduced", b, args.reduced, rows);
  check_sums(kOp, "loss", b, args.loss, rows);
  check_device(kOp, b, {args.x, args.y, args.logit_scale, args.logit_bias, args.reduced, args.loss});
  for (const TensorView& result : {args.reduced, args.loss}) {
    check_apart(kOp, "a result", result, "x", args.x);
    check_apart(kOp, "a result", result, "y", args.y);
  }
  check_apart(kOp, "loss", args.loss, "reduced", args.reduced);
  if (args.loss.num_elements() > 0) b.contrastive_loss(args);
}

void contrastive_loss_backward(Backend& b, const ContrastiveLossBackwardArgs& args) {
  constexpr const char* kOp = "contrastive_loss_backward";
  check_sides(kOp, b, args.x, args.y, args.first);
  check_sums(kOp, "logit_scale", b, args.logit_scale, kScalar);
  if (args.logit_bias) {
    check_sums(kOp, "logit_bias", b, args.logit_bias, kScalar);
  } else {
    check_sums(kOp, "reduced", b, args.reduced, {args.x.shape()[0]});
    check_sums(kOp, "reduced_y", b, args.reduced_y, {args.y.shape()[0]});
  }
  CLIPKIT_CHECK(args.factor > 0, kOp, ": factor ", args.factor, ", expected above 0");
  check_sums(kOp, "dx", b, args.dx, args.x.shape());
  if (args.dlogit_scale) check_sums(kOp, "dlogit_scale", b, args.dlogit_scale, kScalar);
  if (args.dlogit_bias) check_sums(kOp, "dlogit_bias", b, args.dlogit_bias, kScalar);
  check_device(kOp, b,
               {args.x, args.y, args.logit_scale, args.logit_bias, args.reduced, args.reduced_y, args.dx,
                args.dlogit_scale, args.dlogit_bias});
  for (const TensorView& input : {args.x, args.y, args.reduced, args.reduced_y}) {
    if (input) check_apart(kOp, "dx", args.dx, "an input", input);
  }
  if (args.dx.num_elements() > 0) b.contrastive_loss_backward(args);
}

}  // namespace clipkit::ops
