#include "model/vision_transformer.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "base/random.h"
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
  // A convolution whose patches do not overlap is a product of the patches, taken as rows, with its flattened kernels.
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
  class_embedding.release();
  positional_embedding.release();
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

void VisionTransformer::embed(const Context& c, TensorView pixels, TensorView x, Saved* saved) const {
  const int64_t patches = pixels.shape()[0] * grid_ * grid_;
  if (saved) {
    saved->patches = c.operands({patches, 3 * patch_size_ * patch_size_});
    saved->embedded = c.sums(x.shape());
  }
  const Workspace::Scope scope(c.workspace);
  const TensorView rows = saved ? saved->patches : c.operands({patches, 3 * patch_size_ * patch_size_});
  const TensorView projected = c.sums({patches, width_}), embedded = saved ? saved->embedded : x;
  ops::patches(c.backend, {.pixels = pixels, .patch = patch_size_, .y = rows});
  conv1.forward(c.backend, rows, projected);
  const bool drops = saved && !saved->kept.empty();
  const TensorView all = drops ? c.sums({patches + pixels.shape()[0], width_}) : embedded;
  ops::embed_patches(c.backend, {.patches = projected, .class_embedding = class_, .positions = positions_, .x = all});
  if (drops) ops::gather_rows(c.backend, {.x = all, .rows = saved->kept, .y = embedded});
  ln_pre.forward(c.backend, embedded, x);
}

namespace {
// Where each picture's tokens start, and one row for each picture: 0, L, 2L ... and 0, 1, 2 ...
struct Rows {
  std::vector<int64_t> starts, one_each;
  Rows(int64_t batch, int64_t length) {
    for (int64_t n = 0; n <= batch; ++n) {
      starts.push_back(n * length);
      one_each.push_back(n);
    }
  }
  // The class token of each picture.
  RowSelection class_tokens() const { return {std::span(starts).first(starts.size() - 1), one_each}; }
};
}  // namespace

void VisionTransformer::forward(const Context& c, TensorView pixels, Output output, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t batch = pixels.shape()[0], length = 1 + grid_ * grid_;
  const TensorView x = c.sums({batch * length, width_});
  embed(c, pixels, x, nullptr);
  const Rows rows(batch, length);
  if (output == Output::kTokens) {
    transformer.forward(c, {rows.starts}, x, {}, x);
    ln_post.forward(c.backend, x, y.reshape(x.shape()));
    return;
  }
  // Only the class token is read.
  const TensorView token = c.sums({batch, width_});
  transformer.forward(c, {rows.starts}, x, rows.class_tokens(), token);
  if (output == Output::kBeforeProjection) return ln_post.forward(c.backend, token, y);
  const TensorView normal = c.operands({batch, width_});
  ln_post.forward(c.backend, token, normal);
  proj.forward(c.backend, normal, y);
}

namespace {
// The class token of each picture and the patches that are left, in rising order: attention does not see the order.
std::vector<int64_t> kept_rows(const ImageTower::PatchDropout& dropout, int64_t batch, int64_t patches) {
  std::vector<int64_t> rows;
  if (dropout.rate <= 0) return rows;
  const auto kept = std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(patches) * (1 - dropout.rate)));
  std::vector<int64_t> order(static_cast<size_t>(patches));
  for (int64_t n = 0; n < batch; ++n) {
    std::iota(order.begin(), order.end(), n * (1 + patches) + 1);
    Random random(dropout.seed, RandomUse::kPatchDropout, static_cast<uint32_t>(dropout.step),
                  static_cast<uint64_t>(dropout.first_picture + n));
    for (int64_t i = 0; i < kept; ++i) {
      std::swap(order[static_cast<size_t>(i)],
                order[static_cast<size_t>(i) + random.below(static_cast<uint64_t>(patches - i))]);
    }
    rows.push_back(n * (1 + patches));
    std::sort(order.begin(), order.begin() + kept);
    rows.insert(rows.end(), order.begin(), order.begin() + kept);
  }
  return rows;
}
}  // namespace

std::unique_ptr<ImageTower::Saved> VisionTransformer::forward_training(const Context& c, TensorView pixels,
                                                                       TensorView y, const PatchDropout& dropout) {
  auto result = std::make_unique<Saved>();
  Saved& saved = *result;
  const int64_t batch = pixels.shape()[0];
  saved.kept = kept_rows(dropout, batch, grid_ * grid_);
  const int64_t length = saved.kept.empty() ? 1 + grid_ * grid_ : static_cast<int64_t>(saved.kept.size()) / batch;
  const TensorView x = c.sums({batch * length, width_});
  embed(c, pixels, x, &saved);
  const Rows rows(batch, length);
  saved.token = c.sums({batch, width_});
  transformer.forward(c, {rows.starts}, x, rows.class_tokens(), saved.token, &saved.transformer);
  saved.normal = c.operands({batch, width_});
  ln_post.forward(c.backend, saved.token, saved.normal);
  proj.forward(c.backend, saved.normal, y);
  return result;
}

void VisionTransformer::backward(const Context& c, const ImageTower::Saved& from_forward, TensorView dy) {
  const auto& saved = dynamic_cast<const Saved&>(from_forward);
  const Workspace::Scope scope(c.workspace);
  const int64_t batch = dy.shape()[0], tokens = 1 + grid_ * grid_, length = saved.embedded.shape()[0] / batch;
  const bool embedding_learns = static_cast<bool>(class_embedding.grad);
  const TensorView dtoken = c.sums({batch, width_});
  proj.backward(c.backend, saved.normal, c.as_operands(dy), dtoken);
  ln_post.backward(c.backend, saved.token, dtoken, dtoken);
  const Rows rows(batch, length);
  const TensorView dx = embedding_learns ? c.sums({batch * length, width_}) : TensorView{};
  transformer.backward(c, {rows.starts}, rows.class_tokens(), saved.transformer, dtoken, dx);
  if (!embedding_learns) return;
  ln_pre.backward(c.backend, saved.embedded, dx, dx);
  TensorView dembedded = dx;
  if (!saved.kept.empty()) {
    dembedded = c.sums({batch * tokens, width_});
    c.backend.zero(dembedded);
    ops::scatter_add_rows(c.backend, {.x = dx, .rows = saved.kept, .y = dembedded});
  }
  const TensorView dpatches = c.operands({batch * (tokens - 1), width_});
  ops::embed_patches_backward(c.backend, {.length = tokens,
                                          .dx = dembedded,
                                          .dpatches = dpatches,
                                          .dclass_embedding = class_embedding.grad,
                                          .dpositions = positional_embedding.grad});
  conv1.backward(c.backend, saved.patches, dpatches, {});
}

}  // namespace clipkit
