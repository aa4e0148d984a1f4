#include "model/clip.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "base/check.h"
#include "base/parallel.h"
#include "checkpoint/prepared.h"
#include "checkpoint/quantized_tensors.h"
#include "model/modified_resnet.h"
#include "model/vision_transformer.h"
#include "tensor/convert.h"

namespace clipkit {

std::unique_ptr<ImageTower> make_image_tower(const ModelConfig& config) {
  if (const auto* vit = std::get_if<VitConfig>(&config.vision)) {
    return std::make_unique<VisionTransformer>(*vit, config.embed_dim);
  }
  return std::make_unique<ModifiedResNet>(std::get<ResNetConfig>(config.vision), config.embed_dim);
}

Clip::Clip(const ModelConfig& model_config, bool image_tower, bool text_tower) : config(model_config) {
  if (image_tower) visual = make_image_tower(config);
  if (text_tower) text = std::make_unique<TextTransformer>(config.text, config.embed_dim);
}

void Clip::visit_params(const ParamVisitor& visit) {
  if (visual) visual->visit_params(with_prefix("visual.", visit));
  if (text) text->visit_params(visit);
  visit("logit_scale", logit_scale);
  if (config.sigmoid_loss) visit("logit_bias", logit_bias);
}

namespace {

bool is_visual(const std::string& name) {
  return name.starts_with("visual.");
}
bool is_position_table(const std::string& name) {
  return name.ends_with("positional_embedding");
}

}  // namespace

bool can_be_int8(const std::string& name, const Param& param) {
  if (param.shape.rank() == 4) return param.shape[1] > 3;
  return param.of_products && param.shape.rank() == 2 && name.find("resblocks.") != std::string::npos;
}

namespace {

bool is_floating(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat64;
}

}  // namespace

void Clip::load(const StateDict& tensors, std::optional<PositionResize> resize, const std::string& place) {
  std::vector<std::string> missing;
  std::map<std::string, bool, std::less<>> known;
  const auto take_scales = [&](const std::string& name, Param& param) {
    for (const auto& [suffix, scales] : {std::pair{kScales, &param.scales}, {kInputScales, &param.input_scales}}) {
      const auto stored = tensors.find(concat(name, suffix));
      if (stored == tensors.end()) continue;
      *scales = Tensor(stored->second.view(), stored->second.owner());
      known[stored->first] = true;
    }
  };
  visit_params([&](const std::string& name, Param& param) {
    known[name] = true;
    param.laid_out = laid_out_parts(tensors, name);
    if (!param.laid_out.empty()) {
      for (size_t i = 0; i < param.laid_out.size(); ++i) known[laid_out_name(name, i, param.laid_out[i].layout)] = true;
      return take_scales(name, param);
    }
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      // clip.cpp stores no temperature; every released model has this one.
      if (name == "logit_scale") {
        param.value = Tensor::empty({});
        *param.value.data<float>() = std::log(100.0f);
        return;
      }
      missing.push_back(name);
      return;
    }
    const Tensor& tensor = found->second;
    if (tensor.dtype() == DType::kInt8 && can_be_int8(name, param)) {
      take_scales(name, param);
    } else if (!is_floating(tensor.dtype())) {
      fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has elements of ", to_string(tensor.dtype()),
           ", expected a floating type");
    }
    param.value = Tensor(tensor.view(), tensor.owner());
    if ((name == "logit_scale" || name == "logit_bias") && tensor.num_elements() == 1) return;
    if (tensor.shape() == param.shape) return;
    const bool resizable = is_position_table(name) && tensor.shape().rank() == 2 && tensor.shape()[0] > 1 &&
                           tensor.shape()[1] == param.shape[1];
    if (!resizable) {
      fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has shape ", to_string(tensor.shape()), ", expected ",
           to_string(param.shape));
    }
    if (!resize) {
      fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has shape ", to_string(tensor.shape()), ", expected ",
           to_string(param.shape), "; to run at another size than the one it was trained at, ask for that size");
    }
    if (!is_visual(name)) return text->resize_positions();
    const double grid = std::sqrt(static_cast<double>(tensor.shape()[0] - 1));
    if (grid != std::floor(grid)) {
      fail(ErrorCode::kCorrupt, place, ": tensor \"", name, "\" has ", tensor.shape()[0],
           " rows, expected 1 more than a square");
    }
    visual->resize_positions(*resize);
  });
  if (!missing.empty()) {
    fail(ErrorCode::kCorrupt, place, ": tensor \"", missing.front(), "\" is missing",
         missing.size() > 1 ? concat(" (and ", missing.size() - 1, " more)") : "");
  }
  for (const auto& [name, tensor] : tensors) {
    const bool unwanted_tower = is_visual(name) ? visual == nullptr : text == nullptr;
    if (!unwanted_tower && !known.contains(name) && !name.ends_with(".num_batches_tracked")) {
      fail(ErrorCode::kUnsupported, place, ": tensor \"", name, "\" belongs to no layer of this architecture");
    }
  }
  scale_ = std::exp(*to_dtype(logit_scale.value, DType::kFloat32).data<float>());
}

int64_t Clip::count_nan() {
  std::atomic<int64_t> total{0};
  visit_params([&](const std::string&, Param& param) {
    const TensorView& view = param.value;
    if (!view) return;  // laid out already
    constexpr int64_t kBlock = 1 << 16;
    const int64_t n = view.num_elements();
    const auto count = [&](const auto* bits, auto magnitude, auto infinity) {
      parallel_for((n + kBlock - 1) / kBlock, [&](int64_t block) {
        int64_t sum = 0;
        for (int64_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i)
          sum += (bits[i] & magnitude) > infinity;
        if (sum > 0) total += sum;
      });
    };
    switch (view.dtype()) {
      case DType::kFloat32:
        return count(static_cast<const uint32_t*>(view.raw()), 0x7FFFFFFFu, 0x7F800000u);
      case DType::kFloat16:
        return count(static_cast<const uint16_t*>(view.raw()), uint16_t{0x7FFF}, uint16_t{0x7C00});
      case DType::kBFloat16:
        return count(static_cast<const uint16_t*>(view.raw()), uint16_t{0x7FFF}, uint16_t{0x7F80});
      case DType::kInt8:
        return;
      default:
        return count(static_cast<const uint64_t*>(view.raw()), ~uint64_t{0} >> 1, uint64_t{0x7FF} << 52);
    }
  });
  return total;
}

void Clip::round_to_fp16() {
  visit_params([&](const std::string& name, Param& param) {
    // Convolutions, linear layers and projections; embeddings, norms and the temperature keep their precision.
    const bool norm = name.find(".ln_") != std::string::npos || name.starts_with("ln_") ||
                      name.find("bn") != std::string::npos || name.find("downsample.1") != std::string::npos;
    const bool linear =
        name.ends_with("weight") || name.ends_with("bias") || name.ends_with("proj") || name.ends_with("projection");
    if (norm || !linear || param.buffer || param.value.dtype() == DType::kInt8 || name == "token_embedding.weight" ||
        is_position_table(name))
      return;
    param.value = to_dtype(param.value, DType::kFloat16);
  });
}

void Clip::prepare(Backend& b) {
  if (visual) visual->prepare(b);
  if (text) text->prepare(b);
}

void Clip::start_training(Backend& b, const Learning& learning) {
  visit_params([&](const std::string& name, Param& param) {
    // Some checkpoints store the temperature as a row of one.
    param.value = Tensor(param.value.view().reshape(param.shape), param.value.owner());
    param.start_training(b, learning.frozen && learning.frozen(name), learning.gradients_as_operands);
  });
}

Tensor Clip::encode_pixels(const Context& c, TensorView pixels, Output output) const {
  CLIPKIT_CHECK(visual != nullptr, "this model was loaded without its image tower");
  const int64_t N = pixels.shape().rank() == 4 ? pixels.shape()[0] : 0, size = config.image_size();
  CLIPKIT_CHECK(pixels.shape() == (Shape{N, 3, size, size}), "pictures have shape ", to_string(pixels.shape()),
                ", expected ", to_string(Shape{N, 3, size, size}));
  CLIPKIT_CHECK(pixels.dtype() == DType::kFloat32, "pictures have elements of ", to_string(pixels.dtype()),
                ", expected float32");
  Tensor result = Tensor::empty(visual->output_shape(N, output));
  const int64_t batch = visual->preferred_batch();
  for (int64_t begin = 0; begin < N; begin += batch) {
    const int64_t end = std::min(N, begin + batch);
    const Workspace::Scope scope(c.workspace);
    const TensorView y = c.sums(visual->output_shape(end - begin, output));
    visual->forward(c, pixels.slice(begin, end), output, y);
    c.backend.download(y, result.view().slice(begin, end));
  }
  c.backend.synchronize();
  return result;
}

Tensor Clip::encode_tokens(const Context& c, TensorView tokens, Output output) const {
  constexpr int64_t kMaxRows = 1024;  // more would push activations out of the caches
  CLIPKIT_CHECK(text != nullptr, "this model was loaded without its text tower");
  const int64_t N = tokens.shape().rank() == 2 ? tokens.shape()[0] : 0,
                L = tokens.shape().rank() == 2 ? tokens.shape()[1] : 0;
  CLIPKIT_CHECK(tokens.shape() == (Shape{N, L}) && tokens.dtype() == DType::kInt32, "tokens have shape ",
                to_string(tokens.shape()), " of ", to_string(tokens.dtype()), ", expected [N, L] of int32");
  CLIPKIT_CHECK(L >= 1 && L <= config.text.context_length, "texts of ", L, " tokens, expected 1 to ",
                config.text.context_length);
  for (const int32_t id : tokens.span<int32_t>()) {
    CLIPKIT_CHECK(id >= 0 && id < config.text.vocab_size, "token id ", id, " is not in the vocabulary of ",
                  config.text.vocab_size);
  }
  Tensor result = Tensor::empty(text->output_shape(N, L, output));
  std::vector<std::span<const int32_t>> texts;
  for (int64_t begin = 0; begin < N; begin += static_cast<int64_t>(texts.size())) {
    texts.clear();
    int64_t rows = 0;
    for (int64_t n = begin; n < N; ++n) {
      const std::span<const int32_t> ids = tokens.row<int32_t>(n);
      rows += text->rows_needed(ids, output);
      if (rows > kMaxRows && !texts.empty()) break;
      texts.push_back(ids);
    }
    const Workspace::Scope scope(c.workspace);
    const auto batch = static_cast<int64_t>(texts.size());
    const TensorView y = c.sums(text->output_shape(batch, L, output));
    text->forward(c, texts, output, y);
    c.backend.download(y, result.view().slice(begin, begin + batch));
  }
  c.backend.synchronize();
  return result;
}

}  // namespace clipkit
