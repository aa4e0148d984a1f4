#include "model/vision_transformer.h"

#include <algorithm>

#include "tensor/convert.h"

namespace clipkit {

VisionTransformer::VisionTransformer(const VitConfig& config, int embed_dim)
    : conv1(Linear::without_bias(int64_t{3} * config.patch_size * config.patch_size, config.transformer.width)),
      ln_pre(config.transformer.width, config.transformer.eps),
      transformer(config.transformer.width, config.transformer.layers, config.transformer.heads,
                  config.transformer.mlp_width, config.transformer.activation, config.transformer.eps),
      ln_post(config.transformer.width, config.transformer.eps),
      proj(Linear::projection(config.transformer.width, embed_dim)),
      patch_size_(config.patch_size),
      grid_(config.image_size / config.patch_size),
      width_(config.transformer.width),
      embed_dim_(embed_dim) {
  conv1.weight.shape = {width_, 3, patch_size_, patch_size_};
  class_embedding.shape = {width_};
  positional_embedding.shape = {1 + grid_ * grid_, width_};
}

void VisionTransformer::visit_params(const ParamVisitor& visit) {
  visit("class_embedding", class_embedding);
  visit("positional_embedding", positional_embedding);
  conv1.visit_params(with_prefix("conv1.", visit));
  ln_pre.visit_params(with_prefix("ln_pre.", visit));
  transformer.visit_params(with_prefix("transformer.", visit));
  ln_post.visit_params(with_prefix("ln_post.", visit));
  visit("proj", proj.weight);
}

void VisionTransformer::resize_positions(PositionResize method) {
  positional_embedding.value =
      resize_grid_positions(to_dtype(positional_embedding.value, DType::kFloat32), static_cast<int>(grid_), method);
}

void VisionTransformer::prepare(Backend& b) {
  class_ = b.upload(class_embedding.value);
  positions_ = b.upload(positional_embedding.value);
  class_embedding.value = {};
  positional_embedding.value = {};
  // A convolution whose patches do not overlap is a product of the patches, taken as rows, with its flattened kernels.
  Tensor& kernel = conv1.weight.value;
  kernel = Tensor(kernel.view().reshape({width_, 3 * patch_size_ * patch_size_}), kernel.owner());
  conv1.prepare(b);
  ln_pre.prepare(b);
  transformer.prepare(b);
  ln_post.prepare(b);
  proj.prepare(b);
}

Shape VisionTransformer::output_shape(int64_t N, Output output) const {
  switch (output) {
    case Output::kFeatures:
      return {N, embed_dim_};
    case Output::kBeforeProjection:
      return {N, width_};
    case Output::kTokens:
      return {N, 1 + grid_ * grid_, width_};
  }
  return {};
}

int64_t VisionTransformer::preferred_batch() const {
  return std::max<int64_t>(1, 1600 / (1 + grid_ * grid_));
}

void VisionTransformer::embed(const Context& c, TensorView pixels, TensorView x) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t patches = pixels.shape()[0] * grid_ * grid_;
  const TensorView rows = c.operands({patches, 3 * patch_size_ * patch_size_}), embedded = c.sums({patches, width_});
  ops::patches(c.backend, {.pixels = pixels, .patch = patch_size_, .y = rows});
  conv1.forward(c.backend, rows, embedded);
  ops::embed_patches(c.backend, {.patches = embedded, .class_embedding = class_, .positions = positions_, .x = x});
  ln_pre.forward(c.backend, x, x);
}

void VisionTransformer::forward(const Context& c, TensorView pixels, Output output, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t batch = pixels.shape()[0], length = 1 + grid_ * grid_;
  const TensorView x = c.sums({batch * length, width_});
  embed(c, pixels, x);

  std::vector<int64_t> starts, one_each;
  for (int64_t n = 0; n <= batch; ++n) {
    starts.push_back(n * length);
    one_each.push_back(n);
  }
  if (output == Output::kTokens) {
    transformer.forward(c, {starts}, x, {}, x);
    ln_post.forward(c.backend, x, y.reshape(x.shape()));
    return;
  }
  // Only the class token is read.
  const TensorView token = c.sums({batch, width_});
  const std::span class_rows = std::span(starts).first(static_cast<size_t>(batch));
  transformer.forward(c, {starts}, x, {class_rows, one_each}, token);
  if (output == Output::kBeforeProjection) return ln_post.forward(c.backend, token, y);
  const TensorView normal = c.operands({batch, width_});
  ln_post.forward(c.backend, token, normal);
  proj.forward(c.backend, normal, y);
}

}  // namespace clipkit
