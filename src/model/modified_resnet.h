#pragma once

#include <optional>
#include <vector>

#include "model/image_tower.h"
#include "nn/attention_pool.h"
#include "nn/conv_bn.h"

namespace clipkit {

// 1x1, 3x3, 1x1 with a shortcut; where others stride, this one averages 2x2 before its last convolution (CLIP
// section 2.4).
class Bottleneck {
 public:
  ConvBn conv1, conv2, conv3;
  std::optional<ConvBn> downsample;  // of the shortcut, when its size or channels change
  int stride;

  Bottleneck(int64_t in, int64_t planes, int stride);

  void visit_params(const ParamVisitor& visit);
  void prepare(Backend& b);
  int64_t out_channels() const { return conv3.out_channels(); }
  // x: (N, H, W, C); y: (N, H / stride, W / stride, 4 * planes), operand type; without downsample y may be x.
  void forward(const Context& c, TensorView x, TensorView y) const;

  // What backward reads, in the workspace: of conv1, conv2 and conv3 what the convolution gave and what the norm made
  // of it; with a stride the averages; with a downsample its convolution's result. Of a block with C channels out,
  // without stride: 2 * (C / 4 + C / 4 + C) values a pixel, y counted, x not.
  struct Saved {
    ConvBn::Saved conv1, conv2, conv3, downsample;
    TensorView shortcut;  // x, or its average
  };
  // y apart from x, which is borrowed.
  void forward_training(const Context& c, TensorView x, TensorView y, Saved& saved);
  // dy: like y, changed; dx: like x; operand type.
  void backward(const Context& c, const Saved& saved, TensorView dy, TensorView dx);
};

// The ResNet of CLIP: a stem of three convolutions, average pooling instead of strides, attention instead of the last
// pooling.
class ModifiedResNet : public ImageTower {
 public:
  ConvBn conv1, conv2, conv3;
  std::vector<std::vector<Bottleneck>> layers;  // layer1 .. layer4
  AttentionPool attnpool;

  ModifiedResNet(const ResNetConfig& config, int embed_dim);

  void visit_params(const ParamVisitor& visit) override;
  void resize_positions(PositionResize method) override;
  void prepare(Backend& b) override;
  Shape output_shape(int64_t N, Output output) const override;
  int64_t preferred_batch() const override;
  void forward(const Context& c, TensorView pixels, Output output, TensorView y) const override;
  std::unique_ptr<ImageTower::Saved> forward_training(const Context& c, TensorView pixels, TensorView y,
                                                      const PatchDropout& dropout) override;
  void backward(const Context& c, const ImageTower::Saved& saved, TensorView dy) override;

 private:
  struct Saved : ImageTower::Saved {
    ConvBn::Saved stem[3];
    std::vector<Bottleneck::Saved> blocks;  // of all layers
    AttentionPool::Saved pool;
  };

  // Pixels to the last feature map as tokens, (N, (S/32)^2, width) operand type, in the caller's workspace scope.
  TensorView feature_map(const Context& c, TensorView pixels) const;

  int64_t image_size_, grid_, width_, embed_dim_;
};

}  // namespace clipkit
