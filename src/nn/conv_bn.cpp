#include "nn/conv_bn.h"

#include "nn/fold_batch_norm.h"
#include "tensor/convert.h"

namespace clipkit {

ConvBn::ConvBn(int64_t in, int64_t out, int kernel, int stride)
    : weight{{out, in, kernel, kernel}},
      gamma{{out}},
      beta{{out}},
      running_mean{{out}, true},
      running_var{{out}, true},
      stride_(stride),
      padding_(kernel / 2) {}

void ConvBn::visit_params(const std::string& conv, const std::string& norm, const ParamVisitor& visit) {
  visit(conv + "weight", weight);
  visit(norm + "weight", gamma);
  visit(norm + "bias", beta);
  visit(norm + "running_mean", running_mean);
  visit(norm + "running_var", running_var);
}

namespace {

// The parameters as values on the host, of the type that the backend sums in.
ConvBnWeights host_weights(Backend& b, const ConvBn& layer) {
  const auto host = [&](const Param& param) {
    if (!param.value) return Tensor();  // laid out already
    if (!param.in_training) return to_dtype(param.value, b.sum_dtype());
    Tensor copy = Tensor::empty(param.shape, b.sum_dtype());
    b.download(param.value, copy);
    return copy;
  };
  // A weight of int8 stays as it is: the norm's factor of an output is one more scale.
  const Tensor& scales = layer.weight.scales;
  return {.weight = scales ? to_dtype(scales, b.sum_dtype()) : host(layer.weight),
          .gamma = host(layer.gamma),
          .beta = host(layer.beta),
          .mean = host(layer.running_mean),
          .var = host(layer.running_var)};
}

// (N, H, W, C) as rows of channels.
TensorView rows(const TensorView& map) {
  const Shape& s = map.shape();
  return map ? map.reshape({s[0] * s[1] * s[2], s[3]}) : map;
}

}  // namespace

std::unique_ptr<PackedConvolution> ConvBn::fold(Backend& b, LaidOut* laid_out) const {
  const ConvBnWeights weights = host_weights(b, *this);
  const FoldedConv folded =
      b.sum_dtype() == DType::kFloat64 ? fold_batch_norm<double>(weights, eps) : fold_batch_norm<float>(weights, eps);
  ConvolutionSpec spec{.weight = folded.weight ? folded.weight.view() : weight.weight(),
                       .bias = folded.bias,
                       .stride = stride_,
                       .padding = padding_,
                       .observe = weight.observe,
                       .laid_out = laid_out};
  Tensor scales;
  if (weight.scales) {
    scales = to_dtype(folded.weight, DType::kFloat32);
    spec.weight = weight.weight();
    spec.scales = scales;
    spec.input_scales = weight.input_scales;
  }
  return ops::pack_convolution(b, spec);
}

void ConvBn::prepare(Backend& b) {
  folded_.reset();
  plain_.reset();
  if (weight.in_training) return;
  folded_ = fold(b, weight.part(0));
  for (Param* param : {&weight, &gamma, &beta, &running_mean, &running_var}) param->release();
}

void ConvBn::forward(Backend& b, TensorView x, TensorView y, bool relu, TensorView residual) const {
  if (!folded_) folded_ = fold(b);
  ops::convolution(b, *folded_, {.x = x, .y = y, .relu = relu, .residual = residual});
}

void ConvBn::forward_training(const Context& c, TensorView x, TensorView y, bool relu, TensorView residual,
                              Saved& saved) {
  Backend& b = c.backend;
  saved = {.x = x,
           .conv = c.operands(y.shape()),
           .y = relu ? y : TensorView{},
           .mean = running_mean.value,
           .var = running_var.value,
           .of_batch = !running_mean.frozen};
  if (!plain_) plain_ = ops::pack_convolution(b, {.weight = weight.value, .stride = stride_, .padding = padding_});
  ops::convolution(b, *plain_, {.x = x, .y = saved.conv});

  const TensorView conv = rows(saved.conv);
  if (saved.of_batch) {
    saved.mean = c.sums({out_channels()});
    saved.var = c.sums({out_channels()});
    const Workspace::Scope scope(c.workspace);
    const TensorView sums = c.workspace.take({2, out_channels()}, DType::kFloat64);
    ops::batch_sums(b, {.x = conv, .sums = sums});
    if (c.statistics) c.statistics->sum(sums);
    ops::batch_moments(b, {.sums = sums,
                           .count = conv.shape()[0] * (c.statistics ? c.statistics->ranks : 1),
                           .momentum = momentum,
                           .mean = saved.mean,
                           .var = saved.var,
                           .running_mean = running_mean.value,
                           .running_var = running_var.value});
    folded_.reset();
  }
  ops::batch_norm(b, {.x = conv,
                      .mean = saved.mean,
                      .var = saved.var,
                      .eps = eps,
                      .weight = gamma.value,
                      .bias = beta.value,
                      .relu = relu,
                      .residual = rows(residual),
                      .y = rows(y)});
}

void ConvBn::backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  Backend& b = c.backend;
  const TensorView sums = c.workspace.take({2, out_channels()}, DType::kFloat64), conv = rows(saved.conv),
                   dconv = c.operands(saved.conv.shape());
  ops::batch_norm_backward_sums(b, {.x = conv,
                                    .mean = saved.mean,
                                    .var = saved.var,
                                    .eps = eps,
                                    .y = rows(saved.y),
                                    .dy = rows(dy),
                                    .sums = sums,
                                    .dweight = gamma.grad,
                                    .dbias = beta.grad});
  if (c.statistics && saved.of_batch) c.statistics->sum(sums);
  ops::batch_norm_backward(b, {.x = conv,
                               .mean = saved.mean,
                               .var = saved.var,
                               .eps = eps,
                               .weight = gamma.value,
                               .dy = rows(dy),
                               .sums = saved.of_batch ? sums : TensorView{},
                               .count = conv.shape()[0] * (c.statistics ? c.statistics->ranks : 1),
                               .dx = rows(dconv)});
  if (weight.grad) {
    ops::convolution_weight_gradient(
        b, {.x = saved.x, .dy = dconv, .dweight = weight.grad, .stride = stride_, .padding = padding_});
  }
  if (dx) ops::convolution_input_gradient(b, *plain_, {.dy = dconv, .dx = dx});
}

}  // namespace clipkit
