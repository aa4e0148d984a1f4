#include "ops/checks.h"
#include "ops/reference/quantized_linear.h"

namespace clipkit::ops {

namespace {
void check_quantized(const ConvolutionSpec& spec) {
  const Shape& shape = spec.weight.shape();
  const int64_t inputs = shape[1] * shape[2] * shape[2];
  CLIPKIT_CHECK(inputs <= reference::kMaxQuantizedInputs, "convolution: a weight of int8 for ", inputs,
                " inputs, expected at most ", reference::kMaxQuantizedInputs);
  CLIPKIT_CHECK(shape[2] > 1 || spec.padding == 0, "convolution: a kernel of one pixel with padding ", spec.padding);
  check_shape("convolution", "scales", spec.scales, {shape[0]});
  check_shape("convolution", "input_scales", spec.input_scales, {shape[1]});
  check_dtype("convolution", "scales", spec.scales, DType::kFloat32);
  check_dtype("convolution", "input_scales", spec.input_scales, DType::kFloat32);
}
}  // namespace

std::unique_ptr<PackedConvolution> pack_convolution(Backend& b, const ConvolutionSpec& spec) {
  check_rank("convolution", "weight", spec.weight, 4);
  const Shape& shape = spec.weight.shape();
  check_weight("convolution", "weight", spec.weight, {shape[0], shape[1], shape[2], shape[2]}, spec.laid_out);
  if (spec.weight.dtype() == DType::kInt8) {
    check_quantized(spec);
  } else {
    check_dtype("convolution", "weight", spec.weight, b.sum_dtype());
  }
  if (spec.bias) {
    check_shape("convolution", "bias", spec.bias, {shape[0]});
    check_dtype("convolution", "bias", spec.bias, b.sum_dtype());
  }
  CLIPKIT_CHECK(spec.weight.num_elements() > 0, "convolution: weight has shape ", to_string(shape));
  CLIPKIT_CHECK(spec.stride > 0 && spec.padding >= 0, "convolution: stride ", spec.stride, ", padding ", spec.padding);
  auto packed = b.pack(spec);
  packed->observe = spec.observe;
  return packed;
}

namespace {
void check_pixels(const char* op, const char* name, const Shape& shape, int64_t least) {
  CLIPKIT_CHECK(shape[1] >= least && shape[2] >= least, op, ": ", name, " has shape ", to_string(shape), ", expected ",
                least, " pixels or more each way");
}
}  // namespace

void convolution(Backend& b, const PackedConvolution& weights, const ConvolutionArgs& args) {
  check_rank("convolution", "x", args.x, 4);
  const Shape& in = args.x.shape();
  check_shape("convolution", "x", args.x, {in[0], in[1], in[2], weights.in_channels()});
  check_pixels("convolution", "x", in, weights.kernel() - 2 * weights.padding());
  const Shape out = {in[0], weights.out_size(in[1]), weights.out_size(in[2]), weights.out_channels()};
  check_shape("convolution", "y", args.y, out);
  check_dtype("convolution", "x", args.x, b.operand_dtype());
  check_dtype("convolution", "y", args.y, b.operand_dtype());
  if (args.residual) {
    check_shape("convolution", "residual", args.residual, out);
    check_dtype("convolution", "residual", args.residual, b.operand_dtype());
  }
  check_device("convolution", b, {args.x, args.y, args.residual});
  check_apart("convolution", "y", args.y, "x", args.x);
  check_same_or_apart("convolution", "y", args.y, "residual", args.residual);
  if (weights.observe) weights.observe(args.x);
  if (args.y.num_elements() > 0) b.convolution(weights, args);
}

void convolution_input_gradient(Backend& b, const PackedConvolution& weights,
                                const ConvolutionInputGradientArgs& args) {
  constexpr const char* kOp = "convolution_input_gradient";
  check_rank(kOp, "dx", args.dx, 4);
  const Shape& in = args.dx.shape();
  check_shape(kOp, "dx", args.dx, {in[0], in[1], in[2], weights.in_channels()});
  check_pixels(kOp, "dx", in, weights.kernel() - 2 * weights.padding());
  check_shape(kOp, "dy", args.dy, {in[0], weights.out_size(in[1]), weights.out_size(in[2]), weights.out_channels()});
  check_dtype(kOp, "dy", args.dy, b.operand_dtype());
  check_dtype(kOp, "dx", args.dx, b.operand_dtype());
  check_device(kOp, b, {args.dy, args.dx});
  check_apart(kOp, "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.convolution_input_gradient(weights, args);
}

void convolution_weight_gradient(Backend& b, const ConvolutionWeightGradientArgs& args) {
  constexpr const char* kOp = "convolution_weight_gradient";
  check_rank(kOp, "x", args.x, 4);
  check_rank(kOp, "dy", args.dy, 4);
  check_rank(kOp, "dweight", args.dweight, 4);
  CLIPKIT_CHECK(args.stride > 0 && args.padding >= 0, kOp, ": stride ", args.stride, ", padding ", args.padding);
  const Shape &in = args.x.shape(), &out = args.dy.shape();
  const int64_t kernel = args.dweight.shape()[2];
  check_shape(kOp, "x", args.x, in);
  check_shape(kOp, "dweight", args.dweight, {out[3], in[3], kernel, kernel});
  check_pixels(kOp, "x", in, kernel - 2 * args.padding);
  const auto out_size = [&](int64_t size) { return (size + 2 * args.padding - kernel) / args.stride + 1; };
  check_shape(kOp, "dy", args.dy, {in[0], out_size(in[1]), out_size(in[2]), out[3]});
  check_dtype(kOp, "x", args.x, b.operand_dtype());
  check_dtype(kOp, "dy", args.dy, b.operand_dtype());
  check_dtype(kOp, "dweight", args.dweight, b.sum_dtype());
  check_device(kOp, b, {args.x, args.dy, args.dweight});
  check_apart(kOp, "dweight", args.dweight, "x", args.x);
  check_apart(kOp, "dweight", args.dweight, "dy", args.dy);
  if (args.dy.num_elements() > 0 && args.dweight.num_elements() > 0) b.convolution_weight_gradient(args);
}

}  // namespace clipkit::ops
