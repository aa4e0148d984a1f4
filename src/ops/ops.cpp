#include "ops/checks.h"
#include "ops/reference/quantized_linear.h"

namespace clipkit::ops {

namespace {
// starts must rise from 0 to rows.
void check_starts(const char* op, const char* name, std::span<const int64_t> starts, int64_t rows) {
  CLIPKIT_CHECK(!starts.empty() && starts.front() == 0 && starts.back() <= rows, op, ": ", name,
                " must begin at 0 and end within ", rows, " rows");
  for (size_t i = 1; i < starts.size(); ++i) {
    CLIPKIT_CHECK(starts[i - 1] <= starts[i], op, ": ", name, " must not fall");
  }
}
}  // namespace

namespace {

void check_spec(const Backend& b, const LinearSpec& spec) {
  check_rank("linear", "weight", spec.weight, 2);
  check_weight("linear", "weight", spec.weight, spec.weight.shape(), spec.laid_out);
  CLIPKIT_CHECK(spec.weight.num_elements() > 0, "linear: weight has shape ", to_string(spec.weight.shape()));
  if (spec.weight.dtype() == DType::kInt8) {
    CLIPKIT_CHECK(!spec.transposed && !spec.training, "linear: a weight of int8 is (out, in), and not for training");
    CLIPKIT_CHECK(spec.weight.shape()[1] <= reference::kMaxQuantizedInputs, "linear: a weight of int8 for ",
                  spec.weight.shape()[1], " inputs, expected at most ", reference::kMaxQuantizedInputs);
    check_shape("linear", "scales", spec.scales, {spec.weight.shape()[0]});
    check_shape("linear", "input_scales", spec.input_scales, {spec.weight.shape()[1]});
    check_dtype("linear", "scales", spec.scales, DType::kFloat32);
    check_dtype("linear", "input_scales", spec.input_scales, DType::kFloat32);
  } else {
    CLIPKIT_CHECK(is_floating(spec.weight.dtype()), "linear: weight has elements of ", to_string(spec.weight.dtype()));
  }
  if (spec.bias) {
    check_shape("linear", "bias", spec.bias, {spec.weight.shape()[spec.transposed ? 1 : 0]});
    CLIPKIT_CHECK(is_floating(spec.bias.dtype()), "linear: bias has elements of ", to_string(spec.bias.dtype()));
  }
  if (!spec.training) return;
  check_dtype("linear", "weight", spec.weight, b.sum_dtype());
  if (spec.bias) check_dtype("linear", "bias", spec.bias, b.sum_dtype());
}

}  // namespace

std::unique_ptr<PackedLinear> pack_linear(Backend& b, const LinearSpec& spec) {
  check_spec(b, spec);
  auto packed = b.pack(spec);
  packed->observe = spec.observe;
  return packed;
}

void repack_linear(Backend& b, PackedLinear& weights, const LinearSpec& spec) {
  check_spec(b, spec);
  CLIPKIT_CHECK(spec.training, "linear: only weights packed for training can be packed again");
  check_shape("linear", "weight", spec.weight,
              spec.transposed ? Shape{weights.in(), weights.out()} : Shape{weights.out(), weights.in()});
  b.repack(weights, spec);
}

void linear(Backend& b, const PackedLinear& weights, const LinearArgs& args) {
  check_rank("linear", "x", args.x, 2);
  const int64_t rows = args.x.shape()[0];
  check_shape("linear", "x", args.x, {rows, weights.in()});
  check_shape("linear", "y", args.y, {rows, weights.out()});
  check_dtype("linear", "x", args.x, b.operand_dtype());
  check_operand_or_sum("linear", "y", b, args.y);
  if (args.residual) {
    check_shape("linear", "residual", args.residual, {rows, weights.out()});
    check_dtype("linear", "residual", args.residual, b.sum_dtype());
    check_dtype("linear", "y", args.y, b.sum_dtype());
  }
  check_device("linear", b, {args.x, args.y, args.residual});
  check_apart("linear", "y", args.y, "x", args.x);
  check_same_or_apart("linear", "y", args.y, "residual", args.residual);
  if (weights.observe) weights.observe(args.x);
  if (rows > 0) b.linear(weights, args);
}

void linear_input_gradient(Backend& b, const PackedLinear& weights, const LinearInputGradientArgs& args) {
  check_rank("linear_input_gradient", "dy", args.dy, 2);
  const int64_t rows = args.dy.shape()[0];
  check_shape("linear_input_gradient", "dy", args.dy, {rows, weights.out()});
  check_shape("linear_input_gradient", "dx", args.dx, {rows, weights.in()});
  check_dtype("linear_input_gradient", "dy", args.dy, b.operand_dtype());
  check_operand_or_sum("linear_input_gradient", "dx", b, args.dx);
  if (args.residual) {
    check_shape("linear_input_gradient", "residual", args.residual, {rows, weights.in()});
    check_dtype("linear_input_gradient", "residual", args.residual, b.sum_dtype());
    check_dtype("linear_input_gradient", "dx", args.dx, b.sum_dtype());
  }
  check_device("linear_input_gradient", b, {args.dy, args.dx, args.residual});
  check_apart("linear_input_gradient", "dx", args.dx, "dy", args.dy);
  check_same_or_apart("linear_input_gradient", "dx", args.dx, "residual", args.residual);
  if (rows > 0) b.linear_input_gradient(weights, args);
}

void linear_weight_gradient(Backend& b, const LinearWeightGradientArgs& args) {
  check_rank("linear_weight_gradient", "x", args.x, 2);
  check_rank("linear_weight_gradient", "dy", args.dy, 2);
  const int64_t rows = args.x.shape()[0], in = args.x.shape()[1], out = args.dy.shape()[1];
  check_shape("linear_weight_gradient", "x", args.x, {rows, in});
  check_shape("linear_weight_gradient", "dy", args.dy, {rows, out});
  check_shape("linear_weight_gradient", "dweight", args.dweight, args.transposed ? Shape{in, out} : Shape{out, in});
  check_dtype("linear_weight_gradient", "x", args.x, b.operand_dtype());
  check_dtype("linear_weight_gradient", "dy", args.dy, b.operand_dtype());
  check_operand_or_sum("linear_weight_gradient", "dweight", b, args.dweight);
  if (args.dbias) {
    check_shape("linear_weight_gradient", "dbias", args.dbias, {out});
    check_dtype("linear_weight_gradient", "dbias", args.dbias, b.sum_dtype());
  }
  check_device("linear_weight_gradient", b, {args.x, args.dy, args.dweight, args.dbias});
  for (const TensorView& input : {args.x, args.dy}) {
    check_apart("linear_weight_gradient", "dweight", args.dweight, "an input", input);
    if (args.dbias) check_apart("linear_weight_gradient", "dbias", args.dbias, "an input", input);
  }
  if (rows > 0 && args.dweight.num_elements() > 0) b.linear_weight_gradient(args);
}

void activate(Backend& b, const ActivateArgs& args) {
  check_shape("activate", "y", args.y, args.x.shape());
  check_dtype("activate", "x", args.x, b.operand_dtype());
  check_dtype("activate", "y", args.y, b.operand_dtype());
  check_device("activate", b, {args.x, args.y});
  check_same_or_apart("activate", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.activate(args);
}

void activate_backward(Backend& b, const ActivateBackwardArgs& args) {
  check_shape("activate_backward", "dy", args.dy, args.x.shape());
  check_shape("activate_backward", "dx", args.dx, args.x.shape());
  check_dtype("activate_backward", "x", args.x, b.operand_dtype());
  check_dtype("activate_backward", "dy", args.dy, b.operand_dtype());
  check_dtype("activate_backward", "dx", args.dx, b.operand_dtype());
  check_device("activate_backward", b, {args.x, args.dy, args.dx});
  check_apart("activate_backward", "dx", args.dx, "x", args.x);
  check_same_or_apart("activate_backward", "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.activate_backward(args);
}

void layer_norm(Backend& b, const LayerNormArgs& args) {
  check_rank("layer_norm", "x", args.x, 2);
  const int64_t width = args.x.shape()[1];
  check_shape("layer_norm", "y", args.y, args.x.shape());
  check_shape("layer_norm", "weight", args.weight, {width});
  check_shape("layer_norm", "bias", args.bias, {width});
  check_dtype("layer_norm", "x", args.x, b.sum_dtype());
  check_dtype("layer_norm", "weight", args.weight, b.sum_dtype());
  check_dtype("layer_norm", "bias", args.bias, b.sum_dtype());
  check_operand_or_sum("layer_norm", "y", b, args.y);
  check_device("layer_norm", b, {args.x, args.weight, args.bias, args.y});
  check_same_or_apart("layer_norm", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.layer_norm(args);
}

void layer_norm_backward(Backend& b, const LayerNormBackwardArgs& args) {
  check_rank("layer_norm_backward", "x", args.x, 2);
  const Shape vector = {args.x.shape()[1]};
  check_shape("layer_norm_backward", "dy", args.dy, args.x.shape());
  check_shape("layer_norm_backward", "dx", args.dx, args.x.shape());
  check_shape("layer_norm_backward", "weight", args.weight, vector);
  CLIPKIT_CHECK(static_cast<bool>(args.dweight) == static_cast<bool>(args.dbias),
                "layer_norm_backward: dweight and dbias come together");
  if (args.dweight) {
    check_shape("layer_norm_backward", "dweight", args.dweight, vector);
    check_shape("layer_norm_backward", "dbias", args.dbias, vector);
  }
  for (const TensorView& tensor : {args.x, args.weight, args.dy, args.dx, args.dweight, args.dbias}) {
    if (tensor) check_dtype("layer_norm_backward", "a tensor", tensor, b.sum_dtype());
  }
  check_device("layer_norm_backward", b, {args.x, args.weight, args.dy, args.dx, args.dweight, args.dbias});
  check_apart("layer_norm_backward", "dx", args.dx, "x", args.x);
  check_same_or_apart("layer_norm_backward", "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.layer_norm_backward(args);
}

namespace {
void check_sequences(const char* op, std::span<const int64_t> starts, int64_t rows, std::span<const int64_t> q_starts,
                     int64_t q_rows, bool causal) {
  check_starts(op, "starts", starts, rows);
  check_starts(op, "q_starts", q_starts, q_rows);
  CLIPKIT_CHECK(starts.size() == q_starts.size(), op, ": ", starts.size(), " starts, ", q_starts.size(), " q_starts");
  for (size_t n = 1; n < starts.size(); ++n) {
    const int64_t keys = starts[n] - starts[n - 1], queries = q_starts[n] - q_starts[n - 1];
    CLIPKIT_CHECK(keys > 0 || queries == 0, op, ": sequence ", n - 1, " has queries but no keys");
    CLIPKIT_CHECK(!causal || queries <= keys, op, ": sequence ", n - 1, " has more queries than keys");
  }
}
}  // namespace

void attention(Backend& b, const AttentionArgs& args) {
  check_rank("attention", "q", args.q, 2);
  const int64_t width = args.q.shape()[1];
  check_rank("attention", "kv", args.kv, 2);
  check_shape("attention", "kv", args.kv, {args.kv.shape()[0], 2 * width});
  check_shape("attention", "out", args.out, args.q.shape());
  CLIPKIT_CHECK(args.heads > 0 && width % args.heads == 0, "attention: width ", width, " is no multiple of ",
                args.heads, " heads");
  check_dtype("attention", "q", args.q, b.operand_dtype());
  check_dtype("attention", "kv", args.kv, b.operand_dtype());
  check_dtype("attention", "out", args.out, b.operand_dtype());
  check_sequences("attention", args.starts, args.kv.shape()[0], args.q_starts, args.q.shape()[0], args.causal);
  check_device("attention", b, {args.q, args.kv, args.out});
  check_same_or_apart("attention", "out", args.out, "q", args.q);
  check_apart("attention", "out", args.out, "kv", args.kv);
  if (args.out.num_elements() > 0) b.attention(args);
}

void attention_backward(Backend& b, const AttentionBackwardArgs& args) {
  check_rank("attention_backward", "q", args.q, 2);
  const int64_t width = args.q.shape()[1];
  check_rank("attention_backward", "kv", args.kv, 2);
  check_shape("attention_backward", "kv", args.kv, {args.kv.shape()[0], 2 * width});
  check_shape("attention_backward", "dout", args.dout, args.q.shape());
  check_shape("attention_backward", "dq", args.dq, args.q.shape());
  check_shape("attention_backward", "dkv", args.dkv, args.kv.shape());
  CLIPKIT_CHECK(args.heads > 0 && width % args.heads == 0, "attention_backward: width ", width, " is no multiple of ",
                args.heads, " heads");
  for (const TensorView& tensor : {args.q, args.kv, args.dout, args.dq, args.dkv}) {
    check_dtype("attention_backward", "a tensor", tensor, b.operand_dtype());
  }
  check_sequences("attention_backward", args.starts, args.kv.shape()[0], args.q_starts, args.q.shape()[0], args.causal);
  check_device("attention_backward", b, {args.q, args.kv, args.dout, args.dq, args.dkv});
  for (const TensorView& input : {args.q, args.kv, args.dout}) {
    check_apart("attention_backward", "dq", args.dq, "an input", input);
    check_apart("attention_backward", "dkv", args.dkv, "an input", input);
  }
  check_apart("attention_backward", "dq", args.dq, "dkv", args.dkv);
  if (args.dkv.num_elements() > 0) b.attention_backward(args);
}

std::unique_ptr<PackedPooledAttention> pack_pooled_attention(Backend& b, const PooledAttentionSpec& spec) {
  check_rank("pooled_attention", "k_weight", spec.k_weight, 2);
  const int64_t width = spec.k_weight.shape()[0];
  const auto check = [](const char* name, const TensorView& tensor, const Shape& shape,
                        const LaidOut* laid_out = nullptr) {
    check_weight("pooled_attention", name, tensor, shape, laid_out);
    CLIPKIT_CHECK(is_floating(tensor.dtype()), "pooled_attention: ", name, " has elements of ",
                  to_string(tensor.dtype()));
  };
  check("k_weight", spec.k_weight, {width, width}, spec.k_laid_out);
  check("v_weight", spec.v_weight, {width, width}, spec.v_laid_out);
  check("k_bias", spec.k_bias, {width});
  check("v_bias", spec.v_bias, {width});
  CLIPKIT_CHECK(width > 0, "pooled_attention: k_weight has shape ", to_string(spec.k_weight.shape()));
  CLIPKIT_CHECK(spec.heads > 0 && width % spec.heads == 0, "pooled_attention: width ", width, " is no multiple of ",
                spec.heads, " heads");
  return b.pack(spec);
}

void pooled_attention(Backend& b, const PackedPooledAttention& weights, const PooledAttentionArgs& args) {
  const auto batch = static_cast<int64_t>(args.starts.size()) - 1;
  check_rank("pooled_attention", "x", args.x, 2);
  check_starts("pooled_attention", "starts", args.starts, args.x.shape()[0]);
  check_shape("pooled_attention", "x", args.x, {args.x.shape()[0], weights.width()});
  check_shape("pooled_attention", "q", args.q, {batch, weights.width()});
  check_shape("pooled_attention", "out", args.out, {batch, weights.width()});
  check_dtype("pooled_attention", "q", args.q, b.sum_dtype());
  check_dtype("pooled_attention", "x", args.x, b.sum_dtype());
  check_dtype("pooled_attention", "out", args.out, b.sum_dtype());
  for (size_t n = 1; n < args.starts.size(); ++n) {
    CLIPKIT_CHECK(args.starts[n - 1] < args.starts[n], "pooled_attention: sequence ", n - 1, " is empty");
  }
  check_device("pooled_attention", b, {args.q, args.x, args.out});
  check_same_or_apart("pooled_attention", "out", args.out, "q", args.q);
  check_apart("pooled_attention", "out", args.out, "x", args.x);
  if (batch > 0) b.pooled_attention(weights, args);
}

void pooled_attention_backward(Backend& b, const PackedPooledAttention& weights,
                               const PooledAttentionBackwardArgs& args) {
  constexpr const char* kOp = "pooled_attention_backward";
  const auto batch = static_cast<int64_t>(args.starts.size()) - 1;
  const int64_t width = weights.width();
  check_rank(kOp, "x", args.x, 2);
  check_starts(kOp, "starts", args.starts, args.x.shape()[0]);
  for (size_t n = 1; n < args.starts.size(); ++n) {
    CLIPKIT_CHECK(args.starts[n - 1] < args.starts[n], kOp, ": sequence ", n - 1, " is empty");
  }
  const auto check = [&](const char* name, const TensorView& tensor, const Shape& shape) {
    check_shape(kOp, name, tensor, shape);
    check_dtype(kOp, name, tensor, b.sum_dtype());
    check_device(kOp, b, {tensor});
  };
  check("x", args.x, {args.x.shape()[0], width});
  check("q", args.q, {batch, width});
  check("dout", args.dout, {batch, width});
  check("dq", args.dq, {batch, width});
  check("dx", args.dx, args.x.shape());
  if (args.dk_weight) check("dk_weight", args.dk_weight, {width, width});
  if (args.dv_weight) check("dv_weight", args.dv_weight, {width, width});
  if (args.dv_bias) check("dv_bias", args.dv_bias, {width});
  for (const TensorView& input : {args.q, args.x, args.dout}) {
    check_apart(kOp, "dq", args.dq, "an input", input);
    check_apart(kOp, "dx", args.dx, "an input", input);
  }
  check_apart(kOp, "dq", args.dq, "dx", args.dx);
  if (args.dx.num_elements() > 0) b.pooled_attention_backward(weights, args);
}

void embed_tokens(Backend& b, const EmbedTokensArgs& args) {
  const auto rows = static_cast<int64_t>(args.ids.size());
  check_rank("embed_tokens", "table", args.table, 2);
  check_rank("embed_tokens", "positions", args.positions, 2);
  const int64_t vocab = args.table.shape()[0], width = args.table.shape()[1], length = args.positions.shape()[0];
  check_shape("embed_tokens", "positions", args.positions, {length, width});
  check_shape("embed_tokens", "y", args.y, {rows, width});
  CLIPKIT_CHECK(is_floating(args.table.dtype()), "embed_tokens: table has elements of ", to_string(args.table.dtype()));
  check_dtype("embed_tokens", "positions", args.positions, b.sum_dtype());
  check_dtype("embed_tokens", "y", args.y, b.sum_dtype());
  CLIPKIT_CHECK(args.index.size() == args.ids.size(), "embed_tokens: ", args.ids.size(), " ids, ", args.index.size(),
                " positions");
  for (size_t r = 0; r < args.ids.size(); ++r) {
    CLIPKIT_CHECK(args.ids[r] >= -1 && args.ids[r] < vocab, "embed_tokens: token id ", args.ids[r],
                  " is not in the vocabulary of ", vocab);
    CLIPKIT_CHECK(args.index[r] >= 0 && args.index[r] < length, "embed_tokens: position ", args.index[r],
                  " is not below ", length);
  }
  check_device("embed_tokens", b, {args.table, args.positions, args.y});
  check_apart("embed_tokens", "y", args.y, "positions", args.positions);
  if (args.y.num_elements() > 0) b.embed_tokens(args);
}

void embed_tokens_backward(Backend& b, const EmbedTokensBackwardArgs& args) {
  const auto rows = static_cast<int64_t>(args.ids.size());
  check_rank("embed_tokens_backward", "dy", args.dy, 2);
  const int64_t width = args.dy.shape()[1];
  check_shape("embed_tokens_backward", "dy", args.dy, {rows, width});
  check_dtype("embed_tokens_backward", "dy", args.dy, b.sum_dtype());
  CLIPKIT_CHECK(args.index.size() == args.ids.size(), "embed_tokens_backward: ", args.ids.size(), " ids, ",
                args.index.size(), " positions");
  const auto check = [&](const char* name, const TensorView& table, std::span<const int32_t> chosen) {
    if (!table) return;
    check_rank("embed_tokens_backward", name, table, 2);
    check_shape("embed_tokens_backward", name, table, {table.shape()[0], width});
    check_dtype("embed_tokens_backward", name, table, b.sum_dtype());
    check_apart("embed_tokens_backward", name, table, "dy", args.dy);
    for (size_t r = 0; r < chosen.size(); ++r) {
      CLIPKIT_CHECK(args.ids[r] == -1 || (chosen[r] >= 0 && chosen[r] < table.shape()[0]),
                    "embed_tokens_backward: ", name, " has no row ", chosen[r]);
    }
  };
  check("dtable", args.dtable, args.ids);
  check("dpositions", args.dpositions, args.index);
  check_device("embed_tokens_backward", b, {args.dy, args.dtable, args.dpositions});
  if (args.dy.num_elements() > 0) b.embed_tokens_backward(args);
}

void patches(Backend& b, const PatchesArgs& args) {
  check_rank("patches", "pixels", args.pixels, 4);
  const Shape& s = args.pixels.shape();
  CLIPKIT_CHECK(args.patch > 0, "patches: patch size ", args.patch);
  check_shape("patches", "y", args.y,
              {s[0] * (s[2] / args.patch) * (s[3] / args.patch), s[1] * args.patch * args.patch});
  check_dtype("patches", "pixels", args.pixels, DType::kFloat32);
  check_dtype("patches", "y", args.y, b.operand_dtype());
  check_device("patches", b, {args.pixels, args.y});
  check_apart("patches", "y", args.y, "pixels", args.pixels);
  if (args.y.num_elements() > 0) b.patches(args);
}

void embed_patches(Backend& b, const EmbedPatchesArgs& args) {
  check_rank("embed_patches", "positions", args.positions, 2);
  const int64_t length = args.positions.shape()[0], width = args.positions.shape()[1];
  check_rank("embed_patches", "x", args.x, 2);
  CLIPKIT_CHECK(length > 1 && args.x.shape()[0] % length == 0, "embed_patches: ", args.x.shape()[0], " rows for ",
                length, " positions");
  const int64_t batch = args.x.shape()[0] / length;
  check_shape("embed_patches", "x", args.x, {batch * length, width});
  check_shape("embed_patches", "patches", args.patches, {batch * (length - 1), width});
  check_shape("embed_patches", "class_embedding", args.class_embedding, {width});
  check_dtype("embed_patches", "patches", args.patches, b.sum_dtype());
  check_dtype("embed_patches", "class_embedding", args.class_embedding, b.sum_dtype());
  check_dtype("embed_patches", "positions", args.positions, b.sum_dtype());
  check_dtype("embed_patches", "x", args.x, b.sum_dtype());
  check_device("embed_patches", b, {args.patches, args.class_embedding, args.positions, args.x});
  check_apart("embed_patches", "x", args.x, "patches", args.patches);
  if (args.x.num_elements() > 0) b.embed_patches(args);
}

void embed_patches_backward(Backend& b, const EmbedPatchesBackwardArgs& args) {
  check_rank("embed_patches_backward", "dx", args.dx, 2);
  const int64_t width = args.dx.shape()[1], length = args.length;
  CLIPKIT_CHECK(length > 1 && args.dx.shape()[0] % length == 0, "embed_patches_backward: ", args.dx.shape()[0],
                " rows for ", length, " positions");
  check_shape("embed_patches_backward", "dpatches", args.dpatches, {args.dx.shape()[0] / length * (length - 1), width});
  check_dtype("embed_patches_backward", "dx", args.dx, b.sum_dtype());
  check_dtype("embed_patches_backward", "dpatches", args.dpatches, b.operand_dtype());
  if (args.dclass_embedding) {
    check_shape("embed_patches_backward", "dclass_embedding", args.dclass_embedding, {width});
    check_dtype("embed_patches_backward", "dclass_embedding", args.dclass_embedding, b.sum_dtype());
  }
  if (args.dpositions) {
    check_shape("embed_patches_backward", "dpositions", args.dpositions, {length, width});
    check_dtype("embed_patches_backward", "dpositions", args.dpositions, b.sum_dtype());
  }
  check_device("embed_patches_backward", b, {args.dx, args.dpatches, args.dclass_embedding, args.dpositions});
  check_apart("embed_patches_backward", "dpatches", args.dpatches, "dx", args.dx);
  if (args.dx.num_elements() > 0) b.embed_patches_backward(args);
}

void channels_last(Backend& b, const ChannelsLastArgs& args) {
  check_rank("channels_last", "x", args.x, 4);
  const Shape& s = args.x.shape();
  check_shape("channels_last", "y", args.y, {s[0], s[2], s[3], s[1]});
  check_dtype("channels_last", "x", args.x, DType::kFloat32);
  check_dtype("channels_last", "y", args.y, b.operand_dtype());
  check_device("channels_last", b, {args.x, args.y});
  check_apart("channels_last", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.channels_last(args);
}

void average_pool(Backend& b, const AveragePoolArgs& args) {
  check_rank("average_pool", "x", args.x, 4);
  const Shape& s = args.x.shape();
  check_shape("average_pool", "y", args.y, {s[0], s[1] / 2, s[2] / 2, s[3]});
  check_dtype("average_pool", "x", args.x, b.operand_dtype());
  check_dtype("average_pool", "y", args.y, b.operand_dtype());
  check_device("average_pool", b, {args.x, args.y});
  check_apart("average_pool", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.average_pool(args);
}

void average_pool_backward(Backend& b, const AveragePoolBackwardArgs& args) {
  check_rank("average_pool_backward", "dx", args.dx, 4);
  const Shape& s = args.dx.shape();
  check_shape("average_pool_backward", "dy", args.dy, {s[0], s[1] / 2, s[2] / 2, s[3]});
  check_dtype("average_pool_backward", "dy", args.dy, b.operand_dtype());
  check_dtype("average_pool_backward", "dx", args.dx, b.operand_dtype());
  check_device("average_pool_backward", b, {args.dy, args.dx});
  check_apart("average_pool_backward", "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.average_pool_backward(args);
}

void mean_token(Backend& b, const MeanTokenArgs& args) {
  check_rank("mean_token", "x", args.x, 3);
  const Shape& s = args.x.shape();
  CLIPKIT_CHECK(s[1] > 0, "mean_token: x has shape ", to_string(s), ", the mean of no positions");
  check_shape("mean_token", "positions", args.positions, {s[1] + 1, s[2]});
  check_shape("mean_token", "y", args.y, {s[0] * (s[1] + 1), s[2]});
  check_dtype("mean_token", "x", args.x, b.operand_dtype());
  check_dtype("mean_token", "y", args.y, b.operand_dtype());
  check_dtype("mean_token", "positions", args.positions, b.sum_dtype());
  check_device("mean_token", b, {args.x, args.positions, args.y});
  check_apart("mean_token", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.mean_token(args);
}

void mean_token_backward(Backend& b, const MeanTokenBackwardArgs& args) {
  check_rank("mean_token_backward", "dx", args.dx, 3);
  const Shape& s = args.dx.shape();
  CLIPKIT_CHECK(s[1] > 0, "mean_token_backward: dx has shape ", to_string(s), ", the mean of no positions");
  check_shape("mean_token_backward", "dy", args.dy, {s[0] * (s[1] + 1), s[2]});
  check_dtype("mean_token_backward", "dy", args.dy, b.sum_dtype());
  check_dtype("mean_token_backward", "dx", args.dx, b.operand_dtype());
  if (args.dpositions) {
    check_shape("mean_token_backward", "dpositions", args.dpositions, {s[1] + 1, s[2]});
    check_dtype("mean_token_backward", "dpositions", args.dpositions, b.sum_dtype());
  }
  check_device("mean_token_backward", b, {args.dy, args.dx, args.dpositions});
  check_apart("mean_token_backward", "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.mean_token_backward(args);
}

void gather_rows(Backend& b, const GatherRowsArgs& args) {
  check_rank("gather_rows", "x", args.x, 2);
  check_shape("gather_rows", "y", args.y, {static_cast<int64_t>(args.rows.size()), args.x.shape()[1]});
  check_dtype("gather_rows", "y", args.y, args.x.dtype());
  for (const int64_t row : args.rows) {
    CLIPKIT_CHECK(row >= 0 && row < args.x.shape()[0], "gather_rows: row ", row, " of ", args.x.shape()[0]);
  }
  check_device("gather_rows", b, {args.x, args.y});
  check_apart("gather_rows", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.gather_rows(args);
}

void scatter_add_rows(Backend& b, const ScatterAddRowsArgs& args) {
  check_rank("scatter_add_rows", "y", args.y, 2);
  check_shape("scatter_add_rows", "x", args.x, {static_cast<int64_t>(args.rows.size()), args.y.shape()[1]});
  check_dtype("scatter_add_rows", "x", args.x, b.sum_dtype());
  check_dtype("scatter_add_rows", "y", args.y, b.sum_dtype());
  for (size_t i = 0; i < args.rows.size(); ++i) {
    CLIPKIT_CHECK(args.rows[i] >= 0 && args.rows[i] < args.y.shape()[0], "scatter_add_rows: row ", args.rows[i], " of ",
                  args.y.shape()[0]);
    CLIPKIT_CHECK(i == 0 || args.rows[i - 1] < args.rows[i], "scatter_add_rows: rows must rise");
  }
  check_device("scatter_add_rows", b, {args.x, args.y});
  check_apart("scatter_add_rows", "y", args.y, "x", args.x);
  if (args.x.num_elements() > 0) b.scatter_add_rows(args);
}

void add(Backend& b, const AddArgs& args) {
  check_shape("add", "b", args.b, args.a.shape());
  check_shape("add", "y", args.y, args.a.shape());
  check_operand_or_sum("add", "a", b, args.a);
  check_dtype("add", "b", args.b, args.a.dtype());
  check_dtype("add", "y", args.y, args.a.dtype());
  check_device("add", b, {args.a, args.b, args.y});
  check_same_or_apart("add", "y", args.y, "a", args.a);
  check_same_or_apart("add", "y", args.y, "b", args.b);
  if (args.y.num_elements() > 0) b.add(args);
}

void convert(Backend& b, const ConvertArgs& args) {
  check_shape("convert", "y", args.y, args.x.shape());
  check_operand_or_sum("convert", "x", b, args.x);
  check_operand_or_sum("convert", "y", b, args.y);
  check_device("convert", b, {args.x, args.y});
  check_apart("convert", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.convert(args);
}

void normalize_rows(Backend& b, const NormalizeRowsArgs& args) {
  check_rank("normalize_rows", "x", args.x, 2);
  check_shape("normalize_rows", "y", args.y, args.x.shape());
  check_dtype("normalize_rows", "x", args.x, b.sum_dtype());
  check_dtype("normalize_rows", "y", args.y, b.sum_dtype());
  check_device("normalize_rows", b, {args.x, args.y});
  check_same_or_apart("normalize_rows", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.normalize_rows(args);
}

void normalize_rows_backward(Backend& b, const NormalizeRowsBackwardArgs& args) {
  check_rank("normalize_rows_backward", "x", args.x, 2);
  check_shape("normalize_rows_backward", "dy", args.dy, args.x.shape());
  check_shape("normalize_rows_backward", "dx", args.dx, args.x.shape());
  check_dtype("normalize_rows_backward", "x", args.x, b.sum_dtype());
  check_dtype("normalize_rows_backward", "dy", args.dy, b.sum_dtype());
  check_dtype("normalize_rows_backward", "dx", args.dx, b.sum_dtype());
  check_device("normalize_rows_backward", b, {args.x, args.dy, args.dx});
  check_apart("normalize_rows_backward", "dx", args.dx, "x", args.x);
  check_same_or_apart("normalize_rows_backward", "dx", args.dx, "dy", args.dy);
  if (args.dx.num_elements() > 0) b.normalize_rows_backward(args);
}

void softmax_rows(Backend& b, const SoftmaxRowsArgs& args) {
  check_rank("softmax_rows", "x", args.x, 2);
  check_shape("softmax_rows", "y", args.y, args.x.shape());
  check_dtype("softmax_rows", "x", args.x, b.sum_dtype());
  check_dtype("softmax_rows", "y", args.y, b.sum_dtype());
  check_device("softmax_rows", b, {args.x, args.y});
  check_same_or_apart("softmax_rows", "y", args.y, "x", args.x);
  if (args.y.num_elements() > 0) b.softmax_rows(args);
}

void similarity(Backend& b, const SimilarityArgs& args) {
  check_rank("similarity", "a", args.a, 2);
  check_rank("similarity", "b", args.b, 2);
  check_shape("similarity", "b", args.b, {args.b.shape()[0], args.a.shape()[1]});
  check_shape("similarity", "c", args.c, {args.a.shape()[0], args.b.shape()[0]});
  check_dtype("similarity", "a", args.a, b.sum_dtype());
  check_dtype("similarity", "b", args.b, b.sum_dtype());
  check_dtype("similarity", "c", args.c, b.sum_dtype());
  check_device("similarity", b, {args.a, args.b, args.c});
  check_apart("similarity", "c", args.c, "a", args.a);
  check_apart("similarity", "c", args.c, "b", args.b);
  if (args.c.num_elements() > 0) b.similarity(args);
}

}  // namespace clipkit::ops
