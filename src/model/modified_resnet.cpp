#include "model/modified_resnet.h"

#include <algorithm>

#include "base/concat.h"
#include "tensor/convert.h"

namespace clipkit {

Bottleneck::Bottleneck(int64_t in, int64_t planes, int stride_)
    : conv1(in, planes, 1), conv2(planes, planes, 3), conv3(planes, 4 * planes, 1), stride(stride_) {
  if (stride > 1 || in != 4 * planes) downsample.emplace(in, 4 * planes, 1);
}

void Bottleneck::visit_params(const ParamVisitor& visit) {
  conv1.visit_params("conv1.", "bn1.", visit);
  conv2.visit_params("conv2.", "bn2.", visit);
  conv3.visit_params("conv3.", "bn3.", visit);
  if (downsample) downsample->visit_params("downsample.0.", "downsample.1.", visit);
}

void Bottleneck::prepare(Backend& b) {
  conv1.prepare(b);
  conv2.prepare(b);
  conv3.prepare(b);
  if (downsample) downsample->prepare(b);
}

void Bottleneck::forward(const Context& c, TensorView x, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t N = x.shape()[0], H = x.shape()[1], W = x.shape()[2], planes = conv1.out_channels();
  const TensorView a = c.operands({N, H, W, planes}), b = c.operands({N, H, W, planes});
  conv1.forward(c.backend, x, a, true);
  conv2.forward(c.backend, a, b, true);

  TensorView main = b, shortcut = x;
  if (stride > 1) {
    main = c.operands({N, H / 2, W / 2, planes});
    shortcut = c.operands({N, H / 2, W / 2, x.shape()[3]});
    ops::average_pool(c.backend, {.x = b, .y = main});
    ops::average_pool(c.backend, {.x = x, .y = shortcut});
  }
  if (downsample) {
    downsample->forward(c.backend, shortcut, y, false);
    shortcut = y;
  }
  conv3.forward(c.backend, main, y, true, shortcut);
}

void Bottleneck::forward_training(const Context& c, TensorView x, TensorView y, Saved& saved) {
  const int64_t N = x.shape()[0], H = x.shape()[1], W = x.shape()[2], planes = conv1.out_channels();
  const TensorView a = c.operands({N, H, W, planes}), b = c.operands({N, H, W, planes});
  conv1.forward_training(c, x, a, true, {}, saved.conv1);
  conv2.forward_training(c, a, b, true, {}, saved.conv2);

  TensorView main = b;
  saved.shortcut = x;
  if (stride > 1) {
    main = c.operands({N, H / 2, W / 2, planes});
    saved.shortcut = c.operands({N, H / 2, W / 2, x.shape()[3]});
    ops::average_pool(c.backend, {.x = b, .y = main});
    ops::average_pool(c.backend, {.x = x, .y = saved.shortcut});
  }
  if (downsample) downsample->forward_training(c, saved.shortcut, y, false, {}, saved.downsample);
  conv3.forward_training(c, main, y, true, downsample ? y : saved.shortcut, saved.conv3);
}

void Bottleneck::backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx) {
  const Workspace::Scope scope(c.workspace);
  TensorView db = c.operands(saved.conv3.x.shape());
  conv3.backward(c, saved.conv3, dy, db);
  if (stride > 1) {
    const TensorView dmain = db;
    db = c.operands(saved.conv2.y.shape());
    ops::average_pool_backward(c.backend, {.dy = dmain, .dx = db});
  }
  const TensorView da = c.operands(saved.conv1.y.shape());
  conv2.backward(c, saved.conv2, db, da);
  conv1.backward(c, saved.conv1, da, dx);

  TensorView dshortcut = dy;
  if (downsample) {
    dshortcut = c.operands(saved.shortcut.shape());
    downsample->backward(c, saved.downsample, dy, dshortcut);
  }
  if (stride > 1) {
    const TensorView average = dshortcut;
    dshortcut = c.operands(dx.shape());
    ops::average_pool_backward(c.backend, {.dy = average, .dx = dshortcut});
  }
  ops::add(c.backend, {.a = dx, .b = dshortcut, .y = dx});
}

ModifiedResNet::ModifiedResNet(const ResNetConfig& config, int embed_dim)
    : conv1(3, config.stem_width / 2, 3, 2),
      conv2(config.stem_width / 2, config.stem_width / 2, 3),
      conv3(config.stem_width / 2, config.stem_width, 3),
      attnpool(int64_t{config.image_size / 32} * (config.image_size / 32), int64_t{32} * config.stem_width,
               config.heads, embed_dim),
      image_size_(config.image_size),
      grid_(config.image_size / 32),
      width_(int64_t{32} * config.stem_width),
      embed_dim_(embed_dim) {
  int64_t in = config.stem_width;
  for (size_t stage = 0; stage < 4; ++stage) {
    const int64_t planes = int64_t{config.stem_width} << stage;
    std::vector<Bottleneck>& layer = layers.emplace_back();
    for (int i = 0; i < config.blocks[stage]; ++i) {
      layer.emplace_back(in, planes, stage > 0 && i == 0 ? 2 : 1);
      in = layer.back().out_channels();
    }
  }
}

void ModifiedResNet::visit_params(const ParamVisitor& visit) {
  conv1.visit_params("conv1.", "bn1.", visit);
  conv2.visit_params("conv2.", "bn2.", visit);
  conv3.visit_params("conv3.", "bn3.", visit);
  for (size_t stage = 0; stage < layers.size(); ++stage) {
    for (size_t i = 0; i < layers[stage].size(); ++i) {
      layers[stage][i].visit_params(with_prefix(concat("layer", stage + 1, ".", i, "."), visit));
    }
  }
  attnpool.visit_params(with_prefix("attnpool.", visit));
}

void ModifiedResNet::resize_positions(PositionResize method) {
  Param& positions = attnpool.positional_embedding;
  positions.value = resize_grid_positions(to_dtype(positions.value, DType::kFloat32), static_cast<int>(grid_), method);
}

void ModifiedResNet::prepare(Backend& b) {
  for (ConvBn* conv : {&conv1, &conv2, &conv3}) conv->prepare(b);
  for (auto& layer : layers) {
    for (Bottleneck& block : layer) block.prepare(b);
  }
  attnpool.prepare(b);
}

Shape ModifiedResNet::output_shape(int64_t N, Output output) const {
  switch (output) {
    case Output::kFeatures:
      return {N, embed_dim_};
    case Output::kBeforeProjection:
      return {N, width_};
    case Output::kTokens:
      return {N, grid_ * grid_, width_};
  }
  return {};
}

int64_t ModifiedResNet::preferred_batch() const {
  return 8;
}

TensorView ModifiedResNet::feature_map(const Context& c, TensorView pixels) const {
  const int64_t N = pixels.shape()[0], half = image_size_ / 2, stem = conv3.out_channels();
  // Two buffers, each as large as the largest feature map, take turns.
  const int64_t largest = N * std::max(half * half * stem, image_size_ * image_size_ * 3);
  TensorView from = c.operands({largest}), to = c.operands({largest});
  const auto next = [&](int64_t side, int64_t channels) {
    std::swap(from, to);
    return from.slice(0, N * side * side * channels).reshape({N, side, side, channels});
  };

  TensorView x = next(image_size_, 3);
  ops::channels_last(c.backend, {.x = pixels, .y = x});
  for (const ConvBn* conv : {&conv1, &conv2, &conv3}) {
    const TensorView y = next(half, conv->out_channels());
    conv->forward(c.backend, x, y, true);
    x = y;
  }
  int64_t side = half / 2;
  TensorView y = next(side, stem);
  ops::average_pool(c.backend, {.x = x, .y = y});
  x = y;
  for (const auto& layer : layers) {
    for (const Bottleneck& block : layer) {
      side /= block.stride;
      // A block whose shortcut is its input adds to it in place.
      if (block.downsample) y = next(side, block.out_channels());
      block.forward(c, x, y);
      x = y;
    }
  }
  return x.reshape({N, grid_ * grid_, width_});
}

void ModifiedResNet::forward(const Context& c, TensorView pixels, Output output, TensorView y) const {
  const Workspace::Scope scope(c.workspace);
  const int64_t N = pixels.shape()[0];
  const TensorView map = feature_map(c, pixels);
  if (output == Output::kTokens) return ops::convert(c.backend, {.x = map, .y = y});
  if (output == Output::kBeforeProjection) return attnpool.pool(c, map, y);
  const TensorView pooled = c.sums({N, width_});
  attnpool.pool(c, map, pooled);
  attnpool.project(c, pooled, y);
}

std::unique_ptr<ImageTower::Saved> ModifiedResNet::forward_training(const Context& c, TensorView pixels, TensorView y,
                                                                    const PatchDropout&) {
  auto result = std::make_unique<Saved>();
  const int64_t N = pixels.shape()[0], half = image_size_ / 2;
  TensorView x = c.operands({N, image_size_, image_size_, 3});
  ops::channels_last(c.backend, {.x = pixels, .y = x});
  ConvBn::Saved* saved = result->stem;
  for (ConvBn* conv : {&conv1, &conv2, &conv3}) {
    const TensorView next = c.operands({N, half, half, conv->out_channels()});
    conv->forward_training(c, x, next, true, {}, *saved++);
    x = next;
  }
  int64_t side = half / 2;
  const TensorView pooled = c.operands({N, side, side, conv3.out_channels()});
  ops::average_pool(c.backend, {.x = x, .y = pooled});
  x = pooled;
  for (auto& layer : layers) {
    for (Bottleneck& block : layer) {
      side /= block.stride;
      const TensorView next = c.operands({N, side, side, block.out_channels()});
      block.forward_training(c, x, next, result->blocks.emplace_back());
      x = next;
    }
  }
  attnpool.forward_training(c, x.reshape({N, grid_ * grid_, width_}), y, result->pool);
  return result;
}

void ModifiedResNet::backward(const Context& c, const ImageTower::Saved& from_forward, TensorView dy) {
  const auto& saved = dynamic_cast<const Saved&>(from_forward);
  const Workspace::Scope scope(c.workspace);
  // Two buffers, each as large as the largest gradient, take turns.
  const int64_t largest = saved.stem[2].y.num_elements();
  TensorView from = c.operands({largest}), to = c.operands({largest});
  const auto next = [&](const Shape& shape) {
    std::swap(from, to);
    return from.slice(0, shape.num_elements()).reshape(shape);
  };

  TensorView dx = next({dy.shape()[0], grid_ * grid_, width_});
  attnpool.backward(c, saved.pool, dy, dx);
  c.gradients_are_whole(attnpool);
  auto block_saved = saved.blocks.rbegin();
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    for (auto block = layer->rbegin(); block != layer->rend(); ++block, ++block_saved) {
      const TensorView dblock = dx.reshape(block_saved->conv3.y.shape());
      dx = next(block_saved->conv1.x.shape());
      block->backward(c, *block_saved, dblock, dx);
      c.gradients_are_whole(*block);
    }
  }
  const TensorView dpooled = dx;
  dx = next(saved.stem[2].y.shape());
  ops::average_pool_backward(c.backend, {.dy = dpooled, .dx = dx});
  const ConvBn::Saved* stem = saved.stem + 3;
  for (ConvBn* conv : {&conv3, &conv2, &conv1}) {
    const TensorView dconv = dx;
    --stem;
    dx = stem == saved.stem ? TensorView{} : next(stem->x.shape());  // the pixels learn nothing
    conv->backward(c, *stem, dconv, dx);
  }
}

}  // namespace clipkit
