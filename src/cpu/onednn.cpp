#include "cpu/onednn.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/concat.h"
#include "base/cpu_target.h"
#include "base/parallel.h"
#include "cpu/kernels.h"
#include "tensor/convert.h"

namespace clipkit {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

Type type_of(DType dtype) {
  return dtype == DType::kBFloat16 ? Type::bf16 : Type::f32;
}

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, 0.0f);
#else
  ops.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
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

dnnl::primitive_desc matmul_desc(const dnnl::engine& engine, const memory::desc& x, const memory::desc& w,
                                 const memory::desc& bias, const memory::desc& y, const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::matmul::primitive_desc(engine, x, w, bias, y, attr);
#else
  return dnnl::matmul::primitive_desc(dnnl::matmul::desc(x, w, bias, y), attr, engine);
#endif
}

dnnl::primitive_desc convolution_desc(const dnnl::engine& engine, const memory::desc& x, const memory::desc& w,
                                      const memory::desc& bias, const memory::desc& y, int64_t stride, int64_t padding,
                                      const dnnl::primitive_attr& attr) {
  using Forward = dnnl::convolution_forward;
  const memory::dims strides = {stride, stride}, paddings = {padding, padding};
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return Forward::primitive_desc(engine, kind, algorithm, x, w, bias, y, strides, paddings, paddings, attr);
#else
  return Forward::primitive_desc(Forward::desc(kind, algorithm, x, w, bias, y, strides, paddings, paddings), attr,
                                 engine);
#endif
}

// Of the gradient of x, of which oneDNN wants to know the forward pass.
dnnl::primitive_desc convolution_backward_desc(const dnnl::engine& engine, const memory::desc& x, const memory::desc& w,
                                               const memory::desc& y, int64_t stride, int64_t padding,
                                               const dnnl::primitive_attr& attr) {
  using Forward = dnnl::convolution_forward;
  using Backward = dnnl::convolution_backward_data;
  const memory::dims strides = {stride, stride}, paddings = {padding, padding};
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  const Forward::primitive_desc forward(engine, kind, algorithm, x, w, y, strides, paddings, paddings);
  return Backward::primitive_desc(engine, algorithm, x, w, y, strides, paddings, paddings, forward, attr);
#else
  const Forward::primitive_desc forward(Forward::desc(kind, algorithm, x, w, y, strides, paddings, paddings), engine);
  return Backward::primitive_desc(Backward::desc(algorithm, x, w, y, strides, paddings, paddings), attr, engine,
                                  forward);
#endif
}

memory::desc plain(const memory::dims& dims, Type type, Tag tag) {
  return {dims, type, tag};
}

// Tensor as float32 memory that oneDNN can reorder from; other types are converted into `held`. A checkpoint of 16-bit
// floats passes through here whole, so on all threads.
void* as_float(const TensorView& view, Tensor& held) {
  if (view.dtype() == DType::kFloat32) return view.raw();
  held = Tensor::empty(view.shape());
  float* to = held.data<float>();
  const int64_t size = view.num_elements();
  if (view.dtype() != DType::kFloat16 && view.dtype() != DType::kBFloat16) {
    convert_to_float(view.raw(), view.dtype(), to, size);
    return to;
  }
  constexpr int64_t kBlock = 1 << 16;
  const auto* from = static_cast<const uint16_t*>(view.raw());
  const bool half = view.dtype() == DType::kFloat16;
  parallel_for((size + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t begin = block * kBlock;
    const int64_t count = std::min(kBlock, size - begin);
    half ? kernels::convert_half(from + begin, count, to + begin) : kernels::convert(from + begin, count, to + begin);
  });
  return to;
}

// Runs work; what oneDNN throws becomes an Error.
template <class Work>
auto translating_errors(const char* operation, const Work& work) {
  try {
    return work();
  } catch (const dnnl::error& error) {
    fail(error.status == dnnl_out_of_memory ? ErrorCode::kOutOfMemory : ErrorCode::kDevice, operation,
         ": oneDNN: ", error.what());
  }
}

// The name of a weight's layout: dimensions, strides and inner blocks say where every element is. What oneDNN keeps to
// itself means something to the same version alone.
std::string layout_name(const memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  const bool is_blocked = desc.get_format_kind() == memory::format_kind::blocked;
  const memory::dims dims = desc.get_padded_dims(), strides = desc.get_strides(), blocks = desc.get_inner_blks(),
                     axes = desc.get_inner_idxs();
  const bool is_bf16 = desc.get_data_type() == Type::bf16;
#else
  const auto& data = desc.data;
  const bool is_blocked = data.format_kind == dnnl_blocked && data.extra.flags == dnnl_memory_extra_flag_none;
  const auto& blocking = data.format_desc.blocking;
  const memory::dims dims(data.padded_dims, data.padded_dims + data.ndims),
      strides(blocking.strides, blocking.strides + data.ndims),
      blocks(blocking.inner_blks, blocking.inner_blks + blocking.inner_nblks),
      axes(blocking.inner_idxs, blocking.inner_idxs + blocking.inner_nblks);
  const bool is_bf16 = data.data_type == dnnl_bf16;
#endif
  std::string name = is_bf16 ? "bf16" : "f32";
  for (size_t i = 0; i < dims.size(); ++i) name += concat(i == 0 ? " " : "x", dims[i]);
  if (!is_blocked) {
    const dnnl_version_t* version = dnnl::version();
    return concat(name, " oneDNN ", version->major, ".", version->minor, ".", version->patch);
  }
  for (size_t i = 0; i < dims.size(); ++i) name += concat(i == 0 ? " by " : ",", strides[i]);
  for (size_t i = 0; i < blocks.size(); ++i) name += concat(i == 0 ? " in " : ",", blocks[i], "@", axes[i]);
  return name;
}

struct LinearWeights : PackedLinear {
  LinearWeights(int64_t in, int64_t out) : PackedLinear(in, out) {}
  Tensor words;         // the weight's memory; in training it has its own
  memory weight, bias;  // bias is zero where the layer has none
  // For training, where both are the plain matrix: the weight as the factor of dy.
  memory turned;
  Tensor rounded;  // the plain matrix in bf16, which both then read
};

struct ConvolutionWeights : PackedConvolution {
  explicit ConvolutionWeights(const ConvolutionSpec& spec) : PackedConvolution(spec) {}
  Tensor words;  // memory of the first layout
  memory bias;   // zero where there is none
  // One for every layout that a plan asked for. oneDNN's best one depends on the picture, the batch and the threads;
  // with another one than that it may know only a reference loop, which is a hundred times slower.
  mutable std::vector<memory> layouts;
};

struct Plan {
  dnnl::primitive primitive;
  memory::desc x, weight, y, scratchpad;
  int x_argument = DNNL_ARG_SRC, y_argument = DNNL_ARG_DST;
};

// The residual is added to y in place, which all of oneDNN's kernels can and do in the same order; some cannot add what
// is elsewhere, and its gemm-based convolution adds the wrong rows.
void copy_residual(const TensorView& residual, const TensorView& y) {
  if (!residual || residual.raw() == y.raw()) return;
  const int64_t rows = y.shape()[0];
  const size_t row_bytes = y.bytes() / static_cast<size_t>(rows);
  parallel_for(rows, [&](int64_t r) {
    const size_t at = static_cast<size_t>(r) * row_bytes;
    std::memcpy(static_cast<char*>(y.raw()) + at, static_cast<const char*>(residual.raw()) + at, row_bytes);
  });
}

}  // namespace

struct OneDnn::Impl {
  explicit Impl(DType dtype) : operands(type_of(dtype)) {}

  Type operands;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  // By in, out, rows, type of y, activation (or -1), residual, the weights' layout (0: oneDNN's own, 1: plain, with the
  // rows of the factor one after the other, 2: plain, with its columns), bias.
  std::map<std::tuple<int64_t, int64_t, int64_t, DType, int, bool, int, bool>, Plan> linear_plans;
  // By N, H, W, in, out, kernel, stride, padding, relu, residual.
  std::map<std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, bool, bool>, Plan>
      convolution_plans;
  // By N, H, W, in, out, kernel, stride, padding.
  std::map<std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t>, Plan>
      convolution_gradient_plans;
  std::map<std::tuple<int64_t, int64_t, int64_t, Type>, Plan> gradient_plans;  // by rows, m, n, result
  int plan_threads = 0;                                                        // that the plans were made for
  std::map<std::pair<int64_t, int64_t>, memory::desc> linear_layouts;
  Tensor scratchpad;
  Tensor panels;  // one plain matrix in oneDNN's layout, while it is multiplied
  // With AVX-512 every row of a matmul has the same bits whatever the other rows and the number of threads. With AVX2
  // and SSE4 the last rows of each thread's share go through other kernels, which add in another order; a 1x1
  // convolution over a picture that is one line of rows has no such seams, and is no slower.
  bool linear_is_matmul = cpu_target() == CpuTarget::kAvx512;

  memory::desc rows_desc(int64_t rows, int64_t width, Type type) const {
    return linear_is_matmul ? plain({rows, width}, type, Tag::ab) : plain({1, width, 1, rows}, type, Tag::nhwc);
  }
  memory::desc weight_desc(int64_t in, int64_t out, Type type, bool transposed) const {
    return linear_is_matmul ? plain({in, out}, type, transposed ? Tag::ab : Tag::ba)
                            : plain({out, in, 1, 1}, type, transposed ? Tag::iohw : Tag::oihw);
  }
  memory::desc bias_desc(int64_t out) const {
    return linear_is_matmul ? plain({1, out}, Type::f32, Tag::ab) : plain({out}, Type::f32, Tag::a);
  }
  dnnl::primitive_desc linear_desc(const memory::desc& x, const memory::desc& w, const memory::desc& bias,
                                   const memory::desc& y, const dnnl::post_ops& ops) const {
    return linear_is_matmul ? matmul_desc(engine, x, w, bias, y, attributes(ops))
                            : convolution_desc(engine, x, w, bias, y, 1, 0, attributes(ops));
  }
  memory::desc linear_layout(int64_t in, int64_t out);
  memory::desc training_layout(int64_t in, int64_t out, bool transposed);
  // given: the weight's layout.
  const Plan& linear_plan(const memory::desc& given, bool has_bias, int64_t rows, const LinearArgs& args);
  const Plan& convolution_plan(const ConvolutionWeights& w, const ConvolutionArgs& args);
  const Plan& convolution_gradient_plan(const ConvolutionWeights& w, const ConvolutionInputGradientArgs& args);
  const Plan& gradient_plan(const LinearWeightGradientArgs& args);
  void linear(const memory& given, const memory& bias, const LinearArgs& args);
  // A weight's memory in a layout, in place of which or into which known may stand, see memory_for(). words keeps it.
  struct Wrapped {
    memory weight;
    bool is_filled;
  };
  Wrapped wrap(const memory::desc& layout, LaidOut* known, Tensor& words) const;
  memory packed(const TensorView& weight, bool transposed, memory into);
  memory multipliable(const memory& weight, int64_t in, int64_t out);
  void pack_for_training(LinearWeights& w, const LinearSpec& spec);
  void forget_plans_of_other_threads();
  // bias may be empty.
  void run(const Plan& plan, const memory& weight, const memory& bias, TensorView x, TensorView y);
  void reserve_scratchpad(const Plan& plan);
  void reserve_panels(const memory::desc& layout);
  const memory& in_layout(const ConvolutionWeights& w, const memory::desc& layout);
};

bool has_bf16_products() {
#if defined(__x86_64__)
  return cpu_target() == CpuTarget::kAvx512 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

OneDnn::OneDnn(DType operands) {
  static const bool capped = [] {  // before oneDNN's first use, so once per process
    const CpuTarget target = cpu_target();
    if (target == CpuTarget::kAvx2) dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
    if (target == CpuTarget::kSse4 || target == CpuTarget::kScalar) dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
    return true;
  }();
  (void)capped;
  if (operands == DType::kBFloat16 && !has_bf16_products()) {
    fail(ErrorCode::kUnsupported, "bf16 needs a CPU with AVX512_BF16; use fp32 here");
  }
  impl_ = translating_errors("starting oneDNN", [&] { return std::make_unique<Impl>(operands); });
}

OneDnn::~OneDnn() = default;

memory::desc OneDnn::Impl::linear_layout(int64_t in, int64_t out) {
  // Asked for once per shape and then named to every plan: left open, it could change with the row count.
  constexpr int64_t kTypicalRows = 64;
  const auto [found, inserted] = linear_layouts.try_emplace({in, out});
  if (inserted) {
    memory::desc open = weight_desc(in, out, operands, false);
    open = plain(open.dims(), operands, Tag::any);
    found->second = linear_desc(rows_desc(kTypicalRows, in, operands), open, bias_desc(out),
                                rows_desc(kTypicalRows, out, Type::f32), {})
                        .query_md(dnnl::query::weights_md);
  }
  return found->second;
}

OneDnn::Impl::Wrapped OneDnn::Impl::wrap(const memory::desc& layout, LaidOut* known, Tensor& words) const {
  LaidOutMemory held = memory_for(known, layout_name(layout), layout.get_size());
  words = std::move(held.words);
  return {memory(layout, engine, words.view().raw()), held.is_filled};
}

// Into memory of the layout that oneDNN multiplies fastest.
memory OneDnn::Impl::packed(const TensorView& weight, bool transposed, memory into) {
  const int64_t in = weight.shape()[transposed ? 0 : 1], out = weight.shape()[transposed ? 1 : 0];
  Tensor held;
  memory from(weight_desc(in, out, Type::f32, transposed), engine, as_float(weight, held));
  dnnl::reorder(from, into).execute(stream, from, into);
  stream.wait();
  return into;
}

// Training keeps one copy of its weights, the plain one. A convolution wants another layout, into which a matrix is
// brought before each product: that takes a hundredth of the product's time, and two copies of all weights would have
// to be made anew after each step.
memory OneDnn::Impl::multipliable(const memory& weight, int64_t in, int64_t out) {
  if (linear_is_matmul) return weight;
  const memory::desc layout = linear_layout(in, out);
  if (weight.get_desc() == layout) return weight;
  reserve_panels(layout);
  memory from = weight, into(layout, engine, panels.view().raw());
  dnnl::reorder(from, into).execute(stream, from, into);
  return into;
}

// A matmul reads plain matrices nearly as fast as its own layout at training's row counts; a convolution does not.
memory::desc OneDnn::Impl::training_layout(int64_t in, int64_t out, bool transposed) {
  return linear_is_matmul ? weight_desc(in, out, operands, transposed) : linear_layout(in, out);
}

void OneDnn::Impl::pack_for_training(LinearWeights& w, const LinearSpec& spec) {
  void* matrix = spec.weight.raw();
  if (operands == Type::bf16) {
    if (!w.rounded) w.rounded = Tensor::empty(spec.weight.shape(), DType::kBFloat16);
    matrix = w.rounded.view().raw();
    parallel_for_pieces(spec.weight.num_elements(), [&](int64_t begin, int64_t count) {
      kernels::convert(static_cast<const float*>(spec.weight.raw()) + begin, count,
                       static_cast<uint16_t*>(matrix) + begin);
    });
  }
  w.weight = memory(weight_desc(w.in(), w.out(), operands, spec.transposed), engine, matrix);
  w.turned = memory(weight_desc(w.out(), w.in(), operands, !spec.transposed), engine, matrix);
}

std::unique_ptr<PackedLinear> OneDnn::pack(const LinearSpec& spec) {
  const int64_t in = spec.weight.shape()[spec.transposed ? 0 : 1], out = spec.weight.shape()[spec.transposed ? 1 : 0];
  return translating_errors("pack_linear", [&] {
    auto packed = std::make_unique<LinearWeights>(in, out);
    if (spec.training) {
      impl_->pack_for_training(*packed, spec);
    } else {
      const auto [weight, is_filled] = impl_->wrap(impl_->linear_layout(in, out), spec.laid_out, packed->words);
      packed->weight = is_filled ? weight : impl_->packed(spec.weight, spec.transposed, weight);
    }
    Tensor bias;
    packed->bias = memory(impl_->bias_desc(out), impl_->engine);
    auto* to = static_cast<float*>(packed->bias.get_data_handle());
    if (spec.bias) {
      std::memcpy(to, as_float(spec.bias, bias), static_cast<size_t>(out) * sizeof(float));
    } else {
      std::fill(to, to + out, 0.0f);
    }
    return packed;
  });
}

void OneDnn::repack(PackedLinear& packed, const LinearSpec& spec) {
  translating_errors("repack_linear", [&] {
    auto& w = static_cast<LinearWeights&>(packed);
    impl_->pack_for_training(w, spec);
    if (spec.bias) std::memcpy(w.bias.get_data_handle(), spec.bias.raw(), spec.bias.bytes());
  });
}

void OneDnn::Impl::reserve_scratchpad(const Plan& plan) {
  const auto needed = static_cast<int64_t>(plan.scratchpad.get_size());
  if (!scratchpad || needed > scratchpad.num_elements()) scratchpad = Tensor::empty({needed}, DType::kUInt8);
}

void OneDnn::Impl::reserve_panels(const memory::desc& layout) {
  const auto needed = static_cast<int64_t>(layout.get_size());
  if (!panels || needed > panels.num_elements()) panels = Tensor::empty({needed}, DType::kUInt8);
}

void OneDnn::Impl::run(const Plan& plan, const memory& weight, const memory& bias, TensorView x, TensorView y) {
  reserve_scratchpad(plan);
  std::unordered_map<int, memory> arguments = {
      {plan.x_argument, memory(plan.x, engine, x.raw())},
      {DNNL_ARG_WEIGHTS, weight},
      {plan.y_argument, memory(plan.y, engine, y.raw())},
      {DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, engine, scratchpad.view().raw())}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, bias);
  plan.primitive.execute(stream, arguments);
}

// A plan divides its work, and sizes its scratchpad, for the threads that it was made for.
void OneDnn::Impl::forget_plans_of_other_threads() {
  if (plan_threads == num_compute_threads()) return;
  linear_plans.clear();
  convolution_plans.clear();
  convolution_gradient_plans.clear();
  gradient_plans.clear();
  plan_threads = num_compute_threads();
}

const Plan& OneDnn::Impl::linear_plan(const memory::desc& given, bool has_bias, int64_t rows, const LinearArgs& args) {
  forget_plans_of_other_threads();
  const int64_t in = args.x.shape()[1], out = args.y.shape()[1];
  const bool residual{args.residual};
  const int activation = args.activation ? static_cast<int>(*args.activation) : -1;
  const int layout = given == weight_desc(in, out, operands, true)    ? 1
                     : given == weight_desc(in, out, operands, false) ? 2
                                                                      : 0;
  const std::tuple key = {in, out, rows, args.y.dtype(), activation, residual, layout, has_bias};
  if (const auto found = linear_plans.find(key); found != linear_plans.end()) return found->second;
  Plan plan;
  plan.x = rows_desc(rows, in, operands);
  plan.y = rows_desc(rows, out, type_of(args.y.dtype()));
  dnnl::post_ops ops;
  append_activation(ops, args.activation);
  if (residual) ops.append_sum(1.0f);
  const dnnl::primitive_desc desc = linear_desc(plan.x, given, has_bias ? bias_desc(out) : memory::desc(), plan.y, ops);
  plan.primitive = dnnl::primitive(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return linear_plans.emplace(key, std::move(plan)).first->second;
}

void OneDnn::linear(const PackedLinear& packed, const LinearArgs& args) {
  const auto& w = static_cast<const LinearWeights&>(packed);
  translating_errors("linear", [&] { impl_->linear(w.weight, w.bias, args); });
}

void OneDnn::linear_input_gradient(const PackedLinear& packed, const LinearInputGradientArgs& args) {
  const auto& w = static_cast<const LinearWeights&>(packed);
  CLIPKIT_CHECK(w.turned, "linear_input_gradient: the weights were not packed for training");
  translating_errors("linear_input_gradient",
                     [&] { impl_->linear(w.turned, {}, {.x = args.dy, .y = args.dx, .residual = args.residual}); });
}

void OneDnn::Impl::linear(const memory& given, const memory& bias, const LinearArgs& args) {
  const int64_t rows = args.x.shape()[0];
  if (args.activation && args.residual) {  // CLIP has no such layer, and few of oneDNN's kernels do both
    const Tensor product = Tensor::empty(args.y.shape());
    linear(given, bias, {.x = args.x, .y = product, .activation = args.activation});
    parallel_for(rows, [&](int64_t r) {
      const auto from = product.row<float>(r), added = args.residual.row<float>(r), to = args.y.row<float>(r);
      for (size_t i = 0; i < to.size(); ++i) to[i] = from[i] + added[i];
    });
    return;
  }
  copy_residual(args.residual, args.y);
  const memory weight = multipliable(given, args.x.shape()[1], args.y.shape()[1]);
  if (rows > 1 || cpu_target() >= CpuTarget::kAvx2) {
    return run(linear_plan(weight.get_desc(), bool{bias}, rows, args), weight, bias, args.x, args.y);
  }
  // Where its SSE4 convolution does not fit, oneDNN multiplies a single row by a kernel of its own: give it two.
  const auto twice = [](const TensorView& row) {
    Tensor two = Tensor::empty({2, row.shape()[1]});
    for (const int64_t r : {0, 1}) std::memcpy(two.row<float>(r).data(), row.raw(), row.bytes());
    return two;
  };
  const Tensor x = twice(args.x), y = twice(args.y);
  run(linear_plan(weight.get_desc(), bool{bias}, 2, args), weight, bias, x, y);
  std::memcpy(args.y.raw(), y.view().raw(), args.y.bytes());
}

// dweight += dy^T x, or x^T dy where the weight is stored the other way round: the product of one, read as its
// transpose, with the other.
const Plan& OneDnn::Impl::gradient_plan(const LinearWeightGradientArgs& args) {
  forget_plans_of_other_threads();
  const int64_t rows = args.x.shape()[0], in = args.x.shape()[1], out = args.dy.shape()[1];
  const int64_t m = args.transposed ? in : out, n = args.transposed ? out : in;
  const Type sums = type_of(args.dweight.dtype());
  const std::tuple key = {rows, m, n, sums};
  if (const auto found = gradient_plans.find(key); found != gradient_plans.end()) return found->second;
  Plan plan;
  plan.x = plain({m, rows}, operands, Tag::ba);
  plan.weight = plain({rows, n}, operands, Tag::ab);
  plan.y = plain({m, n}, sums, Tag::ab);
  dnnl::post_ops ops;
  ops.append_sum(1.0f);
  const dnnl::primitive_desc desc = matmul_desc(engine, plan.x, plan.weight, memory::desc(), plan.y, attributes(ops));
  plan.primitive = dnnl::primitive(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return gradient_plans.emplace(key, std::move(plan)).first->second;
}

void OneDnn::linear_weight_gradient(const LinearWeightGradientArgs& args) {
  translating_errors("linear_weight_gradient", [&] {
    const TensorView& left = args.transposed ? args.x : args.dy;
    const TensorView& right = args.transposed ? args.dy : args.x;
    const Plan& plan = impl_->gradient_plan(args);
    impl_->run(plan, memory(plan.weight, impl_->engine, right.raw()), memory(), left, args.dweight);
  });
}

void OneDnn::prepare(const LinearSpec& spec, const LinearArgs& args) {
  translating_errors("prepare_linear", [&] {
    const memory::desc layout = impl_->training_layout(args.x.shape()[1], args.y.shape()[1], spec.transposed);
    if (!impl_->linear_is_matmul) impl_->reserve_panels(layout);
    impl_->reserve_scratchpad(impl_->linear_plan(layout, true, args.x.shape()[0], args));
  });
}

void OneDnn::prepare(const LinearSpec& spec, const LinearInputGradientArgs& args) {
  translating_errors("prepare_linear", [&] {
    const memory::desc layout = impl_->training_layout(args.dy.shape()[1], args.dx.shape()[1], !spec.transposed);
    if (!impl_->linear_is_matmul) impl_->reserve_panels(layout);
    impl_->reserve_scratchpad(
        impl_->linear_plan(layout, false, args.dy.shape()[0], {.x = args.dy, .y = args.dx, .residual = args.residual}));
  });
}

void OneDnn::prepare(const LinearWeightGradientArgs& args) {
  translating_errors("prepare_linear", [&] { impl_->reserve_scratchpad(impl_->gradient_plan(args)); });
}

int64_t OneDnn::num_plans() const noexcept {
  return static_cast<int64_t>(impl_->linear_plans.size() + impl_->convolution_plans.size() +
                              impl_->convolution_gradient_plans.size() + impl_->gradient_plans.size());
}

int64_t OneDnn::padded_rows(int64_t rows) const noexcept {
  // Four steps to each doubling: at most a quarter of the rows are padding, an eighth on average.
  int64_t step = 1;
  while (rows > 8 * step) step *= 2;
  return (rows + step - 1) / step * step;
}

std::unique_ptr<PackedConvolution> OneDnn::pack(const ConvolutionSpec& spec) {
  return translating_errors("pack_convolution", [&] {
    auto packed = std::make_unique<ConvolutionWeights>(spec);
    const int64_t in = packed->in_channels(), out = packed->out_channels(), k = packed->kernel();
    constexpr int64_t kTypicalSide = 56;  // the layout is the same for every size of these networks
    const int64_t side = std::max(kTypicalSide, k), result = packed->out_size(side);
    const auto desc =
        convolution_desc(impl_->engine, plain({1, in, side, side}, impl_->operands, Tag::nhwc),
                         plain({out, in, k, k}, impl_->operands, Tag::any), plain({out}, Type::f32, Tag::a),
                         plain({1, out, result, result}, impl_->operands, Tag::nhwc), packed->stride(),
                         packed->padding(), attributes({}));
    const auto [weight, is_filled] = impl_->wrap(desc.query_md(dnnl::query::weights_md), spec.laid_out, packed->words);
    if (!is_filled) {
      memory from(plain({out, in, k, k}, Type::f32, Tag::oihw), impl_->engine, spec.weight.raw());
      memory into = weight;
      dnnl::reorder(from, into).execute(impl_->stream, from, into);
    }
    packed->layouts.push_back(weight);
    packed->bias = memory(plain({out}, Type::f32, Tag::a), impl_->engine);
    auto* bias = static_cast<float*>(packed->bias.get_data_handle());
    std::fill(bias, bias + out, 0.0f);
    if (spec.bias) std::memcpy(bias, spec.bias.raw(), spec.bias.bytes());
    impl_->stream.wait();
    return packed;
  });
}

const Plan& OneDnn::Impl::convolution_plan(const ConvolutionWeights& w, const ConvolutionArgs& args) {
  forget_plans_of_other_threads();
  const Shape& x = args.x.shape();
  const Shape& y = args.y.shape();
  const bool residual{args.residual};
  const std::tuple key = {x[0],       x[1],       x[2],        w.in_channels(), w.out_channels(),
                          w.kernel(), w.stride(), w.padding(), args.relu,       residual};
  if (const auto found = convolution_plans.find(key); found != convolution_plans.end()) return found->second;
  Plan plan;
  plan.x = plain({x[0], x[3], x[1], x[2]}, operands, Tag::nhwc);
  plan.y = plain({y[0], y[3], y[1], y[2]}, operands, Tag::nhwc);
  const memory::desc any_weight =
      plain({w.out_channels(), w.in_channels(), w.kernel(), w.kernel()}, operands, Tag::any);
  dnnl::post_ops ops;
  if (residual) ops.append_sum(1.0f);
  if (args.relu) append_eltwise(ops, dnnl::algorithm::eltwise_relu, 0.0f);
  const auto desc =
      convolution_desc(engine, plan.x, any_weight, w.bias.get_desc(), plan.y, w.stride(), w.padding(), attributes(ops));
  plan.weight = desc.query_md(dnnl::query::weights_md);
  plan.primitive = dnnl::primitive(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return convolution_plans.emplace(key, std::move(plan)).first->second;
}

const memory& OneDnn::Impl::in_layout(const ConvolutionWeights& w, const memory::desc& layout) {
  for (const memory& weight : w.layouts) {
    if (weight.get_desc() == layout) return weight;
  }
  memory weight(layout, engine);
  dnnl::reorder(w.layouts.front(), weight).execute(stream, w.layouts.front(), weight);
  stream.wait();
  return w.layouts.emplace_back(std::move(weight));
}

void OneDnn::convolution(const PackedConvolution& packed, const ConvolutionArgs& args) {
  const auto& w = static_cast<const ConvolutionWeights&>(packed);
  translating_errors("convolution", [&] {
    const Plan& plan = impl_->convolution_plan(w, args);
    copy_residual(args.residual, args.y);
    impl_->run(plan, impl_->in_layout(w, plan.weight), w.bias, args.x, args.y);
  });
}

const Plan& OneDnn::Impl::convolution_gradient_plan(const ConvolutionWeights& w,
                                                    const ConvolutionInputGradientArgs& args) {
  forget_plans_of_other_threads();
  const Shape &x = args.dx.shape(), &y = args.dy.shape();
  const std::tuple key = {x[0], x[1], x[2], w.in_channels(), w.out_channels(), w.kernel(), w.stride(), w.padding()};
  const auto found = convolution_gradient_plans.find(key);
  if (found != convolution_gradient_plans.end()) return found->second;
  Plan plan;
  plan.x = plain({y[0], y[3], y[1], y[2]}, operands, Tag::nhwc);
  plan.y = plain({x[0], x[3], x[1], x[2]}, operands, Tag::nhwc);
  plan.x_argument = DNNL_ARG_DIFF_DST;
  plan.y_argument = DNNL_ARG_DIFF_SRC;
  const memory::desc any_weight =
      plain({w.out_channels(), w.in_channels(), w.kernel(), w.kernel()}, operands, Tag::any);
  const auto desc =
      convolution_backward_desc(engine, plan.y, any_weight, plan.x, w.stride(), w.padding(), attributes({}));
  plan.weight = desc.query_md(dnnl::query::weights_md);
  plan.primitive = dnnl::primitive(desc);
  plan.scratchpad = desc.scratchpad_desc();
  return convolution_gradient_plans.emplace(key, std::move(plan)).first->second;
}

void OneDnn::convolution_input_gradient(const PackedConvolution& packed, const ConvolutionInputGradientArgs& args) {
  const auto& w = static_cast<const ConvolutionWeights&>(packed);
  translating_errors("convolution_input_gradient", [&] {
    const Plan& plan = impl_->convolution_gradient_plan(w, args);
    impl_->run(plan, impl_->in_layout(w, plan.weight), memory(), args.dy, args.dx);
  });
}

}  // namespace clipkit
