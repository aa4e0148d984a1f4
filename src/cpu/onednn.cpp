#include "cpu/onednn.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/cpu_target.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

Type type_of(DType dtype) {
  return dtype == DType::kBFloat16 ? Type::bf16 : Type::f32;
}

// How what is already there, or elsewhere, joins the result.
enum class Residual { kNone, kInPlace, kElsewhere };

Residual residual_of(const TensorView& residual, const TensorView& y) {
  if (!residual) return Residual::kNone;
  return residual.raw() == y.raw() ? Residual::kInPlace : Residual::kElsewhere;
}

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, 0.0f);
#else
  ops.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
}

void append_residual(dnnl::post_ops& ops, Residual residual, const memory::desc& y) {
  if (residual == Residual::kInPlace) ops.append_sum(1.0f);
  if (residual == Residual::kElsewhere) ops.append_binary(dnnl::algorithm::binary_add, y);
}

void append_activation(dnnl::post_ops& ops, std::optional<Activation> activation) {
  if (!activation) return;
  switch (*activation) {
    case Activation::kQuickGelu:
      return append_eltwise(ops, dnnl::algorithm::eltwise_swish, 1.702f);
    case Activation::kGelu:
      return append_eltwise(ops, dnnl::algorithm::eltwise_gelu_erf, 0.0f);
    case Activation::kGeluTanh:
      return append_eltwise(ops, dnnl::algorithm::eltwise_gelu_tanh, 0.0f);
  }
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
  dnnl::primitive_attr attr;
  attr.set_post_ops(ops);
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // one buffer of ours for all of them
  return attr;
}

dnnl::matmul::primitive_desc matmul_desc(const dnnl::engine& engine, const memory::desc& x, const memory::desc& w,
                                         const memory::desc& bias, const memory::desc& y,
                                         const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, x, w, bias, y, attr};
#else
  return {dnnl::matmul::desc(x, w, bias, y), attr, engine};
#endif
}

dnnl::convolution_forward::primitive_desc convolution_desc(const dnnl::engine& engine, const memory::desc& x,
                                                           const memory::desc& w, const memory::desc& bias,
                                                           const memory::desc& y, int64_t stride, int64_t padding,
                                                           const dnnl::primitive_attr& attr) {
  const memory::dims strides = {stride, stride}, paddings = {padding, padding};
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kind, algorithm, x, w, bias, y, strides, paddings, paddings, attr};
#else
  return {dnnl::convolution_forward::desc(kind, algorithm, x, w, bias, y, strides, paddings, paddings), attr, engine};
#endif
}

memory::desc plain(const memory::dims& dims, Type type, Tag tag) {
  return {dims, type, tag};
}

// Tensor as float32 memory that oneDNN can reorder from; 16-bit floats are widened into `held`.
void* as_float(const TensorView& view, Tensor& held) {
  if (view.dtype() == DType::kFloat32) return view.raw();
  held = Tensor::empty(view.shape());
  convert_to_float(view.raw(), view.dtype(), held.data<float>(), view.num_elements());
  return held.view().raw();
}

struct LinearWeights : PackedLinear {
  LinearWeights(int64_t in, int64_t out) : PackedLinear(in, out) {}
  memory weight, bias;  // bias is zero where the layer has none
};

struct ConvolutionWeights : PackedConvolution {
  explicit ConvolutionWeights(const ConvolutionSpec& spec) : PackedConvolution(spec) {}
  memory weight, bias;
};

struct Plan {
  dnnl::primitive primitive;
  memory::desc x, y, scratchpad;
  int residual_position = 0;  // among the post-operations
};

}  // namespace

struct OneDnn::Impl {
  explicit Impl(DType dtype) : operands(type_of(dtype)) {}

  Type operands;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  // By in, out, rows, type of y, activation (or -1), residual.
  std::map<std::tuple<int64_t, int64_t, int64_t, DType, int, Residual>, Plan> linear_plans;
  // By N, H, W, in, out, kernel, stride, padding, relu, residual.
  std::map<std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, bool, Residual>, Plan>
      convolution_plans;
  std::map<std::pair<int64_t, int64_t>, memory::desc> linear_layouts;
  Tensor scratchpad;
  // With AVX-512 every row of a product has the same bits whatever the other rows; below, only within these tiles.
  bool rows_are_independent = cpu_target() == CpuTarget::kAvx512;

  memory::desc linear_layout(int64_t in, int64_t out);
  const Plan& linear_plan(const LinearWeights& w, int64_t rows, const LinearArgs& args);
  const Plan& convolution_plan(const ConvolutionWeights& w, const ConvolutionArgs& args);
  void linear_in_tiles(const LinearWeights& w, const LinearArgs& args);
  void run(const Plan& plan, const memory& weight, const memory& bias, TensorView x, TensorView y, TensorView residual);
};

OneDnn::OneDnn(DType operands) {
  static const bool capped = [] {  // before oneDNN's first use, so once per process
    const CpuTarget target = cpu_target();
    if (target == CpuTarget::kAvx2) dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
    if (target == CpuTarget::kSse4 || target == CpuTarget::kScalar) dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
    return true;
  }();
  (void)capped;
#if defined(__x86_64__)
  if (operands == DType::kBFloat16 && (cpu_target() != CpuTarget::kAvx512 || !__builtin_cpu_supports("avx512bf16"))) {
    fail(ErrorCode::kUnsupported, "bf16 needs a CPU with AVX512_BF16; use fp32 here");
  }
#endif
  impl_ = std::make_unique<Impl>(operands);
}

OneDnn::~OneDnn() = default;

memory::desc OneDnn::Impl::linear_layout(int64_t in, int64_t out) {
  // Asked for once per shape and then named to every plan: left open, it could change with the row count.
  constexpr int64_t kTypicalRows = 64;
  const auto [found, inserted] = linear_layouts.try_emplace({in, out});
  if (inserted) {
    found->second =
        matmul_desc(engine, plain({kTypicalRows, in}, operands, Tag::ab), plain({in, out}, operands, Tag::any),
                    plain({1, out}, Type::f32, Tag::ab), plain({kTypicalRows, out}, Type::f32, Tag::ab), attributes({}))
            .weights_desc();
  }
  return found->second;
}

std::unique_ptr<PackedLinear> OneDnn::pack(const LinearSpec& spec) {
  const int64_t in = spec.weight.shape()[spec.transposed ? 0 : 1], out = spec.weight.shape()[spec.transposed ? 1 : 0];
  auto packed = std::make_unique<LinearWeights>(in, out);
  Tensor weight, bias;
  memory from(plain({in, out}, Type::f32, spec.transposed ? Tag::ab : Tag::ba), impl_->engine,
              as_float(spec.weight, weight));
  packed->weight = memory(impl_->linear_layout(in, out), impl_->engine);
  dnnl::reorder(from, packed->weight).execute(impl_->stream, from, packed->weight);
  packed->bias = memory(plain({1, out}, Type::f32, Tag::ab), impl_->engine);
  auto* to = static_cast<float*>(packed->bias.get_data_handle());
  if (spec.bias) {
    std::memcpy(to, as_float(spec.bias, bias), static_cast<size_t>(out) * sizeof(float));
  } else {
    std::fill(to, to + out, 0.0f);
  }
  impl_->stream.wait();
  return packed;
}

void OneDnn::Impl::run(const Plan& plan, const memory& weight, const memory& bias, TensorView x, TensorView y,
                       TensorView residual) {
  const auto needed = static_cast<int64_t>(plan.scratchpad.get_size());
  if (!scratchpad || needed > scratchpad.num_elements()) scratchpad = Tensor::empty({needed}, DType::kUInt8);
  std::unordered_map<int, memory> arguments = {
      {DNNL_ARG_SRC, memory(plan.x, engine, x.raw())},
      {DNNL_ARG_WEIGHTS, weight},
      {DNNL_ARG_BIAS, bias},
      {DNNL_ARG_DST, memory(plan.y, engine, y.raw())},
      {DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, engine, scratchpad.view().raw())}};
  if (residual_of(residual, y) == Residual::kElsewhere) {
    arguments[DNNL_ARG_ATTR_MULTIPLE_POST_OP(plan.residual_position) | DNNL_ARG_SRC_1] =
        memory(plan.y, engine, residual.raw());
  }
  plan.primitive.execute(stream, arguments);
}

const Plan& OneDnn::Impl::linear_plan(const LinearWeights& w, int64_t rows, const LinearArgs& args) {
  const Residual residual = residual_of(args.residual, args.y);
  const int activation = args.activation ? static_cast<int>(*args.activation) : -1;
  const auto [found, inserted] =
      linear_plans.try_emplace({w.in(), w.out(), rows, args.y.dtype(), activation, residual});
  Plan& plan = found->second;
  if (!inserted) return plan;
  plan.x = plain({rows, w.in()}, operands, Tag::ab);
  plan.y = plain({rows, w.out()}, type_of(args.y.dtype()), Tag::ab);
  plan.residual_position = args.activation ? 1 : 0;
  dnnl::post_ops ops;
  append_activation(ops, args.activation);
  append_residual(ops, residual, plan.y);
  const auto desc = matmul_desc(engine, plan.x, w.weight.get_desc(), w.bias.get_desc(), plan.y, attributes(ops));
  plan.primitive = dnnl::matmul(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return plan;
}

void OneDnn::linear(const PackedLinear& packed, const LinearArgs& args) {
  const auto& w = static_cast<const LinearWeights&>(packed);
  if (!impl_->rows_are_independent) return impl_->linear_in_tiles(w, args);
  impl_->run(impl_->linear_plan(w, args.x.shape()[0], args), w.weight, w.bias, args.x, args.y, args.residual);
}

void OneDnn::Impl::linear_in_tiles(const LinearWeights& w, const LinearArgs& args) {
  constexpr int64_t kTile = 128, kStep = 8;  // measured: within these row counts the bits of a row do not change
  for (int64_t begin = 0, rows = args.x.shape()[0]; begin < rows; begin += kTile) {
    const int64_t end = std::min(rows, begin + kTile), count = end - begin,
                  padded = (count + kStep - 1) / kStep * kStep;
    LinearArgs tile{.x = args.x.slice(begin, end), .y = args.y.slice(begin, end), .activation = args.activation};
    if (args.residual) tile.residual = args.residual.slice(begin, end);
    if (padded == count) {
      run(linear_plan(w, count, tile), w.weight, w.bias, tile.x, tile.y, tile.residual);
      continue;
    }
    const Tensor x = Tensor::zeros({padded, w.in()}), y = Tensor::zeros({padded, w.out()});
    std::memcpy(x.view().raw(), tile.x.raw(), tile.x.bytes());
    if (args.residual) std::memcpy(y.view().raw(), tile.residual.raw(), tile.residual.bytes());
    const LinearArgs whole{
        .x = x, .y = y, .activation = args.activation, .residual = args.residual ? y.view() : TensorView{}};
    run(linear_plan(w, padded, whole), w.weight, w.bias, x, y, whole.residual);
    std::memcpy(tile.y.raw(), y.view().raw(), tile.y.bytes());
  }
}

int64_t OneDnn::padded_rows(int64_t rows) const noexcept {
  // Four steps to each doubling: at most a quarter of the rows are padding, an eighth on average.
  int64_t step = 1;
  while (rows > 8 * step) step *= 2;
  return (rows + step - 1) / step * step;
}

std::unique_ptr<PackedConvolution> OneDnn::pack(const ConvolutionSpec& spec) {
  auto packed = std::make_unique<ConvolutionWeights>(spec);
  const int64_t in = packed->in_channels(), out = packed->out_channels(), k = packed->kernel();
  constexpr int64_t kTypicalSide = 56;  // the layout is the same for every size of these networks
  const int64_t result = packed->out_size(kTypicalSide);
  const auto desc = convolution_desc(
      impl_->engine, plain({1, in, kTypicalSide, kTypicalSide}, impl_->operands, Tag::nhwc),
      plain({out, in, k, k}, impl_->operands, Tag::any), plain({out}, Type::f32, Tag::a),
      plain({1, out, result, result}, impl_->operands, Tag::nhwc), packed->stride(), packed->padding(), attributes({}));
  memory from(plain({out, in, k, k}, Type::f32, Tag::oihw), impl_->engine, spec.weight.raw());
  packed->weight = memory(desc.weights_desc(), impl_->engine);
  dnnl::reorder(from, packed->weight).execute(impl_->stream, from, packed->weight);
  packed->bias = memory(plain({out}, Type::f32, Tag::a), impl_->engine);
  std::memcpy(packed->bias.get_data_handle(), spec.bias.raw(), spec.bias.bytes());
  impl_->stream.wait();
  return packed;
}

const Plan& OneDnn::Impl::convolution_plan(const ConvolutionWeights& w, const ConvolutionArgs& args) {
  const Shape& x = args.x.shape();
  const Shape& y = args.y.shape();
  const Residual residual = residual_of(args.residual, args.y);
  const auto [found, inserted] = convolution_plans.try_emplace(
      {x[0], x[1], x[2], w.in_channels(), w.out_channels(), w.kernel(), w.stride(), w.padding(), args.relu, residual});
  Plan& plan = found->second;
  if (!inserted) return plan;
  plan.x = plain({x[0], x[3], x[1], x[2]}, operands, Tag::nhwc);
  plan.y = plain({y[0], y[3], y[1], y[2]}, operands, Tag::nhwc);
  dnnl::post_ops ops;
  append_residual(ops, residual, plan.y);
  if (args.relu) append_eltwise(ops, dnnl::algorithm::eltwise_relu, 0.0f);
  const auto desc = convolution_desc(engine, plan.x, w.weight.get_desc(), w.bias.get_desc(), plan.y, w.stride(),
                                     w.padding(), attributes(ops));
  plan.primitive = dnnl::convolution_forward(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return plan;
}

void OneDnn::convolution(const PackedConvolution& packed, const ConvolutionArgs& args) {
  const auto& w = static_cast<const ConvolutionWeights&>(packed);
  impl_->run(impl_->convolution_plan(w, args), w.weight, w.bias, args.x, args.y, args.residual);
}

}  // namespace clipkit
