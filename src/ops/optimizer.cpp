#include "ops/optimizer.h"

#include "ops/checks.h"

namespace clipkit::ops {

void adamw(Backend& b, const AdamWArgs& args) {
  const Shape& shape = args.param.shape();
  for (const auto& [name, tensor] : {std::pair{"grad", args.grad}, {"m", args.m}, {"v", args.v}}) {
    check_shape("adamw", name, tensor, shape);
    check_apart("adamw", "param", args.param, name, tensor);
  }
  check_apart("adamw", "m", args.m, "v", args.v);
  check_shape("adamw", "param", args.param, shape);
  check_dtype("adamw", "param", args.param, b.sum_dtype());
  check_operand_or_sum("adamw", "grad", b, args.grad);
  if (args.m.dtype() != DType::kBFloat16) check_dtype("adamw", "m", args.m, b.sum_dtype());
  check_dtype("adamw", "v", args.v, args.m.dtype());
  check_device("adamw", b, {args.param, args.grad, args.m, args.v});
  CLIPKIT_CHECK(args.step >= 1, "adamw: step ", args.step, ", expected 1 for the first");
  CLIPKIT_CHECK(0 <= args.beta1 && args.beta1 < 1 && 0 <= args.beta2 && args.beta2 < 1, "adamw: beta1 ", args.beta1,
                " and beta2 ", args.beta2, ", expected from 0 to below 1");
  if (args.param.num_elements() > 0) b.adamw(args);
}

void sum_of_squares(Backend& b, const SumOfSquaresArgs& args) {
  check_shape("sum_of_squares", "x", args.x, args.x.shape());
  check_shape("sum_of_squares", "result", args.result, {});
  check_operand_or_sum("sum_of_squares", "x", b, args.x);
  check_dtype("sum_of_squares", "result", args.result, DType::kFloat64);
  check_device("sum_of_squares", b, {args.x, args.result});
  if (args.x.num_elements() > 0) b.sum_of_squares(args);
}

void blend(Backend& b, const BlendArgs& args) {
  check_shape("blend", "x", args.x, args.y.shape());
  check_shape("blend", "y", args.y, args.y.shape());
  check_dtype("blend", "x", args.x, b.sum_dtype());
  check_dtype("blend", "y", args.y, b.sum_dtype());
  check_device("blend", b, {args.x, args.y});
  check_apart("blend", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.blend(args);
}

void clamp(Backend& b, const ClampArgs& args) {
  check_shape("clamp", "x", args.x, args.x.shape());
  check_dtype("clamp", "x", args.x, b.sum_dtype());
  check_device("clamp", b, {args.x});
  CLIPKIT_CHECK(args.low <= args.high, "clamp: from ", args.low, " to ", args.high);
  if (args.x.num_elements() > 0) b.clamp(args);
}

}  // namespace clipkit::ops
