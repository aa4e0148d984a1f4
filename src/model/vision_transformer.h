#pragma once

#include "model/image_tower.h"
#include "nn/transformer.h"

namespace clipkit {

// Vision transformer (Dosovitskiy et al. 2020, with CLIP's extra LayerNorm before the blocks, CLIP section 2.4).
class VisionTransformer : public ImageTower {
 public:
  Linear conv1;                // (D, 3 * P * P): the patch convolution, kernel = stride = P
  Param class_embedding;       // (D)
  Param positional_embedding;  // (1 + g*g, D)
  LayerNorm ln_pre;
  Transformer transformer;
  LayerNorm ln_post;
  Linear proj;  // (D, E), a projection

  VisionTransformer(const VitConfig& config, int embed_dim);

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
    TensorView patches;         // (N * g*g, 3 * P * P)
    std::vector<int64_t> kept;  // rows of N * (1 + g*g) tokens that dropout leaves; empty: all
    TensorView embedded;        // (N * L, D) before ln_pre, of the L tokens of a picture that are left
    Transformer::Saved transformer;
    TensorView token;   // (N, D) before ln_post
    TensorView normal;  // (N, D) after ln_post
  };
  // The first step of forward(): pixels to (N * L, D) tokens after ln_pre.
  void embed(const Context& c, TensorView pixels, TensorView x, Saved* saved) const;

  int64_t patch_size_, grid_, width_, embed_dim_;
  Tensor class_, positions_;
};

}  // namespace clipkit
