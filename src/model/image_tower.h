#pragma once

#include <memory>

#include "clipkit/config.h"
#include "model/resize_positions.h"
#include "nn/context.h"
#include "nn/param.h"

namespace clipkit {

// What turns pictures into features. A new architecture is a new class behind this, and a JSON file in configs/.
class ImageTower {
 public:
  virtual ~ImageTower() = default;

  // Names are those of the OpenAI layout without the leading "visual.".
  virtual void visit_params(const ParamVisitor& visit) = 0;
  // Fits the position table of a checkpoint that was trained at another picture size.
  virtual void resize_positions(PositionResize method) = 0;
  virtual void prepare(Backend& b) = 0;

  // Shape of what forward() writes for N pictures.
  virtual Shape output_shape(int64_t N, Output output) const = 0;
  // Pictures that are worth running at once: more would only push activations out of the caches.
  virtual int64_t preferred_batch() const = 0;
  // pixels: (N, 3, S, S) float32, preprocessed; y: output_shape(N, output), sum type.
  virtual void forward(const Context& c, TensorView pixels, Output output, TensorView y) const = 0;

  // The patches of a picture that a training step leaves out, at random (FLIP, Li et al. 2023): a function of seed,
  // step and the picture's number in the batch of all ranks. At least one patch stays. For towers that have patches.
  struct PatchDropout {
    double rate = 0;
    uint64_t seed = 0;
    int64_t step = 0;
    int64_t first_picture = 0;
  };
  // What backward reads: each tower's own views of the workspace.
  struct Saved {
    virtual ~Saved() = default;
  };
  // The forward pass of training. y: (N, E) sum type. What it returns is good for one backward pass, until the caller's
  // workspace scope ends. Running statistics move with every call.
  virtual std::unique_ptr<Saved> forward_training(const Context& c, TensorView pixels, TensorView y,
                                                  const PatchDropout& dropout) = 0;
  // saved: what this tower's forward_training() returned. dy: (N, E) sum type. Accumulates the gradients of all
  // parameters that learn.
  virtual void backward(const Context& c, const Saved& saved, TensorView dy) = 0;
};

std::unique_ptr<ImageTower> make_image_tower(const ModelConfig& config);

}  // namespace clipkit
